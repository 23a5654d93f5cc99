//! The upload worker's state and its single turn: jobs of the page, each around one [`onetake_core::upload::Uploader`].
//!
//! What goes where and when is the machine's; here bytes are read and summed ([`read`]), requests made ([`http`]), and
//! records kept ([`record`]). It never knows what a token is for: one passes through to the machine and into the header
//! that the machine names. It runs in the upload worker, of which the page has one.

mod http;
mod job;
mod live;
mod read;
mod record;
mod tell;

use onetake_core::error::{Failure, Retry};
use onetake_core::protocol::upload::{UploadCommand, UploadEvent, UploadRequest};
use onetake_core::upload::{Link, Now};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use self::job::{Job, News};
use crate::mailbox::Mailbox;
use crate::{clock, js, wire};

/// A message of the page: a request of the protocol with its handles beside it.
#[wasm_bindgen]
pub fn receive_upload(message: JsValue) {
    post(Mail::Message(message));
}

/// Once per worker, before anything else can fail.
#[wasm_bindgen(start)]
fn start_upload() {
    std::panic::set_hook(Box::new(|info| {
        tell::say(&UploadEvent::Crashed { failure: Failure::new("worker_failed", Retry::Later, info.to_string()) });
    }));
}

/// What can happen: every browser callback and every finished task becomes one of these.
enum Mail {
    /// A message of the page.
    Message(JsValue),
    /// Something of one job.
    News { job: u32, news: News },
}

fn post(mail: Mail) {
    thread_local! {
        static UPLOADS: Mailbox<Mail, Uploads> = const { Mailbox::new(Uploads::new(), Uploads::turn) };
    }
    UPLOADS.with(|uploads| uploads.post(mail));
}

/// Hands a job its news; from inside a turn it waits for the end of that turn.
fn post_news(job: u32, news: News) {
    post(Mail::News { job, news });
}

/// What time it is, for the machine.
fn now() -> Now {
    // The wall clock of `clock` never goes back within a worker: it is `timeOrigin` and what has passed since.
    let clock = u64::try_from(clock::now().0).unwrap_or_default() / 1000;
    Now { clock, unix: bytes(js_sys::Date::now()) }
}

/// A count that JavaScript holds in a double.
fn bytes(number: f64) -> u64 {
    number as u64
}

/// A count for JavaScript, exact up to 2^53.
fn number(bytes: u64) -> f64 {
    bytes as f64
}

struct Uploads {
    jobs: Vec<Job>,
    online: bool,
    visible: bool,
}

impl Uploads {
    const fn new() -> Uploads {
        Uploads { jobs: Vec::new(), online: true, visible: true }
    }

    fn turn(&mut self, mail: Mail) {
        match mail {
            Mail::Message(message) => self.handle_message(&message),
            Mail::News { job, news } => match self.jobs.iter_mut().find(|known| known.number() == job) {
                Some(job) => job.handle(news),
                None => news.let_go(),
            },
        }
        self.jobs.retain(|job| !job.is_gone());
    }

    fn handle_message(&mut self, message: &JsValue) {
        match wire::read::<UploadRequest>(message.clone()) {
            Ok(UploadRequest { job, command }) => self.handle_command(job, command, message),
            Err(error) => {
                let job = js::get(message, "job").as_f64().unwrap_or_default() as u32;
                tell::say(&UploadEvent::Failed {
                    job,
                    failure: Failure::new("internal", Retry::Never, error.to_string()),
                });
            }
        }
    }

    fn handle_command(&mut self, number: u32, command: UploadCommand, message: &JsValue) {
        match command {
            UploadCommand::Begin { settings } => {
                let job = Job::begin(number, settings, message, self.links());
                self.jobs.push(job);
            }
            UploadCommand::Discard { settings, token } => self.jobs.push(Job::discard(number, settings, token)),
            UploadCommand::Link { online, visible } => self.handle_link(online, visible),
            UploadCommand::Media { spans, last } => {
                if let Some(job) = self.jobs.iter_mut().find(|known| known.number() == number) {
                    job.handle_media(&spans, last, message);
                }
            }
            other => {
                if let Some(job) = self.jobs.iter_mut().find(|known| known.number() == number) {
                    job.handle_command(other);
                }
            }
        }
    }

    fn handle_link(&mut self, online: bool, visible: bool) {
        let before = self.links();
        (self.online, self.visible) = (online, visible);
        let after = self.links();
        for (link, _) in after.into_iter().zip(before).filter(|(after, before)| after != before) {
            self.jobs.iter_mut().for_each(|job| job.handle_link(link));
        }
    }

    fn links(&self) -> [Link; 2] {
        let line = if self.online { Link::Online } else { Link::Offline };
        [line, if self.visible { Link::Visible } else { Link::Hidden }]
    }
}
