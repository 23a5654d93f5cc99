//! A draft as a list shows it: brought back from its files like one that is opened, but nothing is written, no file is
//! held and no handle taken, so that a tab which films in it never notices.

use js_sys::Array;
use onetake_core::draft::FileInfo;
use onetake_core::draft::recover::to_scan;
use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::Answer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File};

use super::Studio;
use super::desk::read_whole;
use super::draft::{JOURNAL, News, bring_back, damaged};
use crate::mail::{Mail, post};
use crate::{js, page, store};

/// What a list says of a draft, and its first segment's file.
pub(crate) type Peeked = (Answer, Option<Blob>);

impl Studio {
    pub(super) fn peek(request: u32, busy: bool, message: &JsValue) {
        let files = page::handle::<Array>(message, "files").unwrap_or_default();
        js::spawn(async move {
            let result = look(&files, busy).await;
            post(Mail::Peeked { request, result });
        });
    }

    pub(super) fn handle_peeked(request: u32, result: Result<Peeked, Failure>) {
        match result {
            Ok((answer, Some(file))) => page::answer_with_file(request, answer, &file),
            Ok((answer, None)) => page::answer(request, answer),
            Err(failure) => page::fail(request, failure),
        }
    }
}

async fn look(files: &Array, busy: bool) -> Result<Peeked, Failure> {
    let (mut journal, mut listed, mut folder) = (Vec::new(), Vec::new(), Vec::new());
    for file in files.iter() {
        let Ok(file) = file.dyn_into::<File>() else { continue };
        let name = file.name();
        if name == JOURNAL {
            journal = read_whole(&file).await?;
            continue;
        }
        listed.push(FileInfo { name, length: store::length(file.size()) });
        folder.push(Blob::from(file));
    }
    let named = |name: &str| {
        let place = listed.iter().position(|one| one.name == name)?;
        folder.get(place).cloned()
    };
    let mut unsure = Vec::new();
    if !busy {
        for name in to_scan(&journal, &listed).map_err(damaged)? {
            unsure.extend(named(&name).map(|file| (name, file)));
        }
    }
    let recovery = bring_back(&journal, &listed, unsure).await?;
    let first = recovery.draft.timeline().next();
    if recovery.torn > 0 && first.is_none() && recovery.evicted.is_empty() {
        // An empty draft is left out of the list; this one holds what nobody can read, and somebody may want to know.
        return Err(Failure::new("draft_damaged", Retry::Never, "the journal says nothing"));
    }
    let file = first.and_then(|one| named(&one.opened.file));
    Ok((News::of(&recovery).answer(&recovery.draft), file))
}
