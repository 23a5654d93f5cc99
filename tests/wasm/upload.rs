//! The words between the page and the upload worker arrive as they were meant. Every command and option is named here.

use js_sys::{Array, JSON, eval};
use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::upload::{
    AttemptView, MediaSpan, UploadApi, UploadCommand, UploadEvent, UploadPhase, UploadRequest, UploadSettings,
};
use onetake_web::wire;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::posted;

async fn command(literal: &str) -> UploadCommand {
    let message = eval(&format!("({{ job: 3, command: {literal} }})")).unwrap();
    let read: Result<UploadRequest, _> = wire::read(posted(&message, &Array::new()).await);
    let UploadRequest { job, command } = read.unwrap_or_else(|error| panic!("{literal}: {error}"));
    assert_eq!(job, 3);
    command
}

#[wasm_bindgen_test]
async fn every_command_of_an_upload_arrives_as_it_was_posted() {
    let settings = "{ record: 'r1', known: false, resume: true, key: null, name: 'a.mp4', fileName: 'b.mp4', \
        mimeType: undefined, lastModified: 1770000000000, vars: [['x:a', '1']], metadata: [], \
        endpoints: ['https://up.example'], discovery: null, api: 'v2', partSize: 4194304, concurrency: 3, \
        address: 'https://films.example/a.mp4', growing: true, padHead: true }";
    let wanted = "UploadSettings { record: \"r1\", known: false, resume: true, key: None, name: \"a.mp4\", \
        file_name: Some(\"b.mp4\"), mime_type: None, last_modified: 1770000000000.0, vars: [(\"x:a\", \"1\")], \
        metadata: [], endpoints: [\"https://up.example\"], discovery: None, api: V2, part_size: Some(4194304.0), \
        concurrency: Some(3), address: Some(\"https://films.example/a.mp4\"), growing: true, pad_head: true }";
    let shown = |settings: &UploadSettings| format!("{settings:?}");
    match command(&format!("{{ begin: {{ settings: {settings} }} }}")).await {
        UploadCommand::Begin { settings } => assert_eq!(shown(&settings), wanted),
        _ => panic!("not begun"),
    }
    match command(&format!("{{ discard: {{ settings: {settings}, token: null }} }}")).await {
        UploadCommand::Discard { settings, token: None } => assert_eq!(shown(&settings), wanted),
        _ => panic!("not discarded"),
    }
    for (name, api) in [("auto", UploadApi::Auto), ("form", UploadApi::Form), ("v1", UploadApi::V1)] {
        let other = settings.replace("v2", name);
        let begun = command(&format!("{{ begin: {{ settings: {other} }} }}")).await;
        assert!(matches!(begun, UploadCommand::Begin { settings } if settings.api == api), "{name}");
    }
    let token = command("{ token: { token: 'a:b:c' } }").await;
    assert!(matches!(token, UploadCommand::Token { token } if token == "a:b:c"));
    let none = command("{ noToken: { detail: 'why' } }").await;
    assert!(matches!(none, UploadCommand::NoToken { detail } if detail == "why"));
    assert!(matches!(command("{ pause: {} }").await, UploadCommand::Pause {}));
    assert!(matches!(command("{ resume: {} }").await, UploadCommand::Resume {}));
    assert!(matches!(command("{ stop: {} }").await, UploadCommand::Stop {}));
    match command(
        "{ media: { spans: [{ source: null, start: 0, end: 7 }, { source: 2, start: 5e9, end: 6e9 }], last: true } }",
    )
    .await
    {
        UploadCommand::Media { spans, last: true } => {
            let [MediaSpan { source: None, start: 0.0, end: 7.0 }, other] = spans[..] else { panic!("{spans:?}") };
            assert_eq!((other.source, other.start, other.end), (Some(2), 5e9, 6e9));
        }
        _ => panic!("no media"),
    }
    let link = command("{ link: { online: true, visible: false } }").await;
    assert!(matches!(link, UploadCommand::Link { online: true, visible: false }));
}

#[wasm_bindgen_test]
fn every_word_of_an_upload_is_written_as_the_page_reads_it() {
    let attempt = AttemptView {
        what: "part".to_owned(),
        host: "https://up.example".to_owned(),
        status: 503,
        detail: "busy".to_owned(),
        request_id: None,
        wait: Some(0.5),
    };
    let progress = UploadEvent::Progress {
        job: 3,
        state: UploadPhase::Sending,
        done: 5e9,
        total: 6e9,
        rate: 1.0,
        eta: None,
        retries: 2,
    };
    let failure = Failure::new("upload_busy", Retry::Later, "why");
    let done = UploadEvent::Done {
        job: 3,
        key: None,
        hash: "h".to_owned(),
        body: "{}".to_owned(),
        request_id: Some("q".to_owned()),
        resumed_bytes: 4.0,
    };
    for (event, wanted) in [
        (UploadEvent::Token { job: 3 }, r#"{"type":"token","job":3}"#),
        (UploadEvent::Opened { job: 3, record: "r".to_owned() }, r#"{"type":"opened","job":3,"record":"r"}"#),
        (
            progress,
            r#"{"type":"progress","job":3,"state":"sending","done":5000000000,"total":6000000000,"rate":1,"eta":null,"retries":2}"#,
        ),
        (
            UploadEvent::Attempt { job: 3, attempt },
            r#"{"type":"attempt","job":3,"attempt":{"what":"part","host":"https://up.example","status":503,"detail":"busy","requestId":null,"wait":0.5}}"#,
        ),
        (
            UploadEvent::Warning { job: 3, code: "began_anew".to_owned(), detail: "content".to_owned() },
            r#"{"type":"warning","job":3,"code":"began_anew","detail":"content"}"#,
        ),
        (done, r#"{"type":"done","job":3,"key":null,"hash":"h","body":"{}","requestId":"q","resumedBytes":4}"#),
        (
            UploadEvent::Failed { job: 3, failure: failure.clone() },
            r#"{"type":"failed","job":3,"failure":{"code":"upload_busy","retry":"later","detail":"why"}}"#,
        ),
        (UploadEvent::Stopped { job: 3 }, r#"{"type":"stopped","job":3}"#),
        (
            UploadEvent::Crashed { failure },
            r#"{"type":"crashed","failure":{"code":"upload_busy","retry":"later","detail":"why"}}"#,
        ),
    ] {
        let written = JSON::stringify(&wire::write(&event)).unwrap();
        assert_eq!(String::from(written), wanted);
    }
}
