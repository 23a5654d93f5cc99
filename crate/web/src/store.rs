//! The studio's end of the store worker: appends, closes and removals by path, each answered once it is on disk.
//! Requests are carried out in the order they are made, so an answer also vouches for everything asked before it.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use gloo::events::EventListener;
use js_sys::{Array, Function, Object, Promise, Uint8Array};
use onetake_core::error::{Failure, Retry};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, MessageEvent, MessagePort};

use crate::js;

/// A file of a folder: its name and its length in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Name within the folder.
    pub name: String,
    /// Length in bytes.
    pub length: u64,
}

/// Files by name; a few dozen.
#[derive(Default)]
pub(crate) struct Files(Vec<(String, File)>);

impl Files {
    pub(crate) fn get(&self, name: &str) -> Option<&File> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, file)| file)
    }

    pub(crate) fn insert(&mut self, name: String, file: File) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, file));
    }
}

/// Speaks to one store worker; clones speak to the same one.
#[derive(Clone)]
pub struct Store(Rc<Inner>);

struct Inner {
    port: MessagePort,
    next: Cell<u32>,
    waiting: Rc<RefCell<Vec<(u32, Function)>>>,
    _answers: EventListener,
}

impl Store {
    /// Takes over the port that the page made for it.
    pub fn new(port: MessagePort) -> Store {
        let waiting: Rc<RefCell<Vec<(u32, Function)>>> = Rc::default();
        let answers = EventListener::new(&port, "message", {
            let waiting = Rc::clone(&waiting);
            move |event| {
                let reply = event.unchecked_ref::<MessageEvent>().data();
                let ticket = js::get(&reply, "ticket").as_f64().map(whole).unwrap_or_default();
                let place = waiting.borrow().iter().position(|(asked, _)| *asked == ticket);
                if let Some(place) = place {
                    let (_, resolve) = waiting.borrow_mut().swap_remove(place);
                    // A resolve function of a promise does not throw.
                    let _ = resolve.call1(&JsValue::UNDEFINED, &reply);
                }
            }
        });
        port.start();
        Store(Rc::new(Inner { port, next: Cell::new(1), waiting, _answers: answers }))
    }

    /// Appends `bytes` and flushes them; with `at`, cuts the file there first. Answers with the length on disk.
    ///
    /// # Errors
    /// `storage_full` where they did not fit (nothing of them is kept), `storage_failed` otherwise.
    pub async fn append(&self, path: &str, bytes: &[u8], at: Option<u64>) -> Result<u64, Failure> {
        self.write(path, bytes, ("at", at)).await
    }

    /// Appends to a segment's file whose media begins at `media`, and flushes; the page hears how far the media reaches.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub async fn append_media(&self, path: &str, bytes: &[u8], media: Option<u64>) -> Result<u64, Failure> {
        self.write(path, bytes, ("media", media)).await
    }

    async fn write(&self, path: &str, bytes: &[u8], (name, place): (&str, Option<u64>)) -> Result<u64, Failure> {
        let request = request("append", path);
        let bytes = Uint8Array::from(bytes);
        js::set(&request, "bytes", &bytes);
        if let Some(place) = place {
            js::set(&request, name, number(place));
        }
        let reply = self.call(&request, &Array::of1(&bytes.buffer())).await?;
        Ok(js::get(&reply, "length").as_f64().map(length).unwrap_or_default())
    }

    /// Ends writing to a file and takes its `File`. To be called once a file.
    ///
    /// # Errors
    /// `storage_failed`, also where there is no such file.
    pub async fn close(&self, path: &str) -> Result<File, Failure> {
        self.call(&request("close", path), &Array::new()).await.and_then(|reply| existing_file(&reply, path))
    }

    /// The file at `path`, `None` where there is none.
    ///
    /// # Errors
    /// `storage_failed`.
    pub async fn file(&self, path: &str) -> Result<Option<File>, Failure> {
        let reply = self.call(&request("file", path), &Array::new()).await?;
        Ok(js::get(&reply, "file").dyn_into().ok())
    }

    /// The files of a folder; none where there is no such folder.
    ///
    /// # Errors
    /// `storage_failed`.
    pub async fn list(&self, path: &str) -> Result<Vec<Listed>, Failure> {
        let reply = self.call(&request("list", path), &Array::new()).await?;
        let files: Array = js::get(&reply, "files").unchecked_into();
        Ok(files
            .iter()
            .map(|file| Listed {
                name: js::get(&file, "name").as_string().unwrap_or_default(),
                length: js::get(&file, "length").as_f64().map(length).unwrap_or_default(),
            })
            .collect())
    }

    /// Removes a file or a folder; one that is not there is removed already.
    ///
    /// # Errors
    /// `storage_failed`.
    pub async fn remove(&self, path: &str) -> Result<(), Failure> {
        self.call(&request("remove", path), &Array::new()).await.map(drop)
    }

    async fn call(&self, request: &Object, transfer: &Array) -> Result<JsValue, Failure> {
        let ticket = self.0.next.get();
        self.0.next.set(ticket.wrapping_add(1));
        js::set(request, "ticket", ticket);
        let reply = Promise::new(&mut |resolve, _| {
            self.0.waiting.borrow_mut().push((ticket, resolve.unchecked_into()));
        });
        self.0
            .port
            .post_message_with_transferable(request, transfer)
            .map_err(|reason| js::failure("storage_failed", &reason))?;
        let reply: JsValue = JsFuture::from(reply).await.map_err(|reason| js::failure("storage_failed", &reason))?;
        if js::get(&reply, "ok").is_truthy() {
            return Ok(reply);
        }
        let name = js::get(&reply, "name").as_string().unwrap_or_default();
        let detail = js::get(&reply, "detail").as_string().unwrap_or_default();
        Err(match name.as_str() {
            "QuotaExceededError" => Failure::new("storage_full", Retry::AfterAction, detail),
            _ => Failure::new("storage_failed", Retry::Later, format!("{name} {detail}")),
        })
    }
}

/// Bytes `start..end` of a file.
///
/// # Errors
/// `file_damaged` where the file can no longer be read.
pub async fn read(file: &Blob, start: u64, end: u64) -> Result<Vec<u8>, Failure> {
    let slice = file.slice_with_f64_and_f64(number(start), number(end));
    let slice = slice.map_err(|reason| js::failure("file_damaged", &reason))?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(|reason| js::failure("file_damaged", &reason))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// The beginning of a long file, read at once: as much as an index usually takes. A round of reads costs more than half a
/// millisecond, however little is read, so what it reads of the media beyond is the cheaper mistake.
pub(crate) struct Beginning<'a> {
    file: &'a Blob,
    bytes: Vec<u8>,
}

impl<'a> Beginning<'a> {
    /// Reads it. `length` is that of the file.
    ///
    /// # Errors
    /// `file_damaged` where the browser cannot read it.
    pub(crate) async fn of(file: &'a Blob, length: u64) -> Result<Beginning<'a>, Failure> {
        Ok(Beginning { file, bytes: read(file, 0, (length / INDEX).clamp(SHORTEST, LONGEST).min(length)).await? })
    }

    /// These bytes of the file; `None` where they begin further on. What is missing at their end is read.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub(crate) async fn get(&mut self, range: &Range<u64>) -> Result<Option<&[u8]>, Failure> {
        let known = self.bytes.len() as u64;
        if range.start >= known {
            return Ok(None);
        }
        if range.end > known {
            self.bytes.extend(read(self.file, known, range.end).await?);
        }
        Ok(self.bytes.get(range.start as usize..range.end as usize))
    }

    /// Bytes that were read.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// A film of some megabits a second is so many times longer than its index.
const INDEX: u64 = 576;
/// What is read at once, in bytes.
const SHORTEST: u64 = 4 << 10;
const LONGEST: u64 = 1 << 20;

fn request(op: &str, path: &str) -> Object {
    let request = Object::new();
    js::set(&request, "op", op);
    js::set(&request, "path", path);
    request
}

fn existing_file(reply: &JsValue, path: &str) -> Result<File, Failure> {
    js::get(reply, "file")
        .dyn_into()
        .map_err(|_| Failure::new("storage_failed", Retry::Never, format!("{path} is not there")))
}

/// Lengths of files stay below 2^53, where every whole number is a double.
#[expect(clippy::cast_precision_loss, reason = "lengths of files stay below 2^53")]
pub(crate) fn number(length: u64) -> f64 {
    length as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the store answers whole lengths")]
pub(crate) fn length(number: f64) -> u64 {
    number as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tickets are counted up from 1")]
fn whole(number: f64) -> u32 {
    number as u32
}
