//! The export as a machine: it scans one source after another by their headers, then plans and lays out.

use std::ops::Range;

use super::{Clip, ExportError, Layout, layout, plan};
use crate::demux::Scan;

/// Turns the files of a draft into a film.
///
/// Call [`Self::poll_read`], read these bytes of that source, hand them to [`Self::handle_read`]; repeat until there is
/// nothing to read, then [`Self::finish`]. Every clip is ended at its last whole audio packet, which changes nothing in
/// a sealed one.
#[derive(Clone, Debug)]
pub struct ExportJob {
    /// In film order; a file that stands in the film twice is scanned twice.
    sources: Vec<(u32, u64)>,
    /// Those before the current scan.
    clips: Vec<Clip>,
    /// Of the source after `clips`.
    scan: Option<Scan>,
    /// Bytes of the sources before the current one, and of all.
    done: u64,
    total: u64,
    /// Set where a source was read to its end and is no film.
    failed: Option<ExportError>,
}

impl ExportJob {
    /// A film of these files in this order: the number that names each, and its length in bytes.
    pub fn new(sources: Vec<(u32, u64)>) -> ExportJob {
        let total = sources.iter().fold(0_u64, |sum, (_, length)| sum.saturating_add(*length));
        let mut job = ExportJob { sources, clips: Vec::new(), scan: None, done: 0, total, failed: None };
        job.begin();
        // A file too short for any read fails here; `finish` tells.
        let _ = job.advance();
        job
    }

    /// Which bytes of which source are needed next; `None` where it can be finished.
    pub fn poll_read(&self) -> Option<(u32, Range<u64>)> {
        let range = self.scan.as_ref()?.poll_read()?;
        Some((self.current()?, range))
    }

    /// Takes exactly the bytes that [`Self::poll_read`] asked for.
    ///
    /// # Errors
    /// [`ExportError::WrongSource`], and [`ExportError::File`] where the source cannot be read. The first leaves the job
    /// where it was; the second ends it if no other bytes can help.
    pub fn handle_read(&mut self, source: u32, offset: u64, bytes: &[u8]) -> Result<(), ExportError> {
        let wanted = self.current();
        let Some(scan) = self.scan.as_mut().filter(|_| wanted == Some(source)) else {
            return Err(ExportError::WrongSource { wanted, got: source });
        };
        scan.handle_read(offset, bytes).map_err(|error| ExportError::File { source, error })?;
        self.advance()
    }

    /// How much of the sources has been walked, 0 to 1.
    pub fn progress(&self) -> f64 {
        let here = self.scan.as_ref().map_or(0, Scan::position);
        if self.total == 0 { 1.0 } else { self.done.saturating_add(here) as f64 / self.total as f64 }
    }

    /// Plans and lays out the film.
    ///
    /// # Errors
    /// [`ExportError::Unfinished`] before everything was read; those of [`plan()`] and [`layout()`].
    pub fn finish(self) -> Result<Layout, ExportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some((source, _)) = self.poll_read() {
            return Err(ExportError::Unfinished { source });
        }
        layout(&plan(self.clips)?)
    }

    fn current(&self) -> Option<u32> {
        self.sources.get(self.clips.len()).map(|(source, _)| *source)
    }

    /// Opens the scan of the source after `clips`.
    fn begin(&mut self) {
        self.scan = self.sources.get(self.clips.len()).map(|(_, length)| Scan::new(*length));
    }

    /// Takes finished scans into `clips`.
    fn advance(&mut self) -> Result<(), ExportError> {
        while let Some(source) = self.current() {
            let Some(scan) = self.scan.take_if(|scan| scan.poll_read().is_none()) else { break };
            let mut index = match scan.finish() {
                Ok(index) => index,
                Err(error) => {
                    let error = ExportError::File { source, error };
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            };
            index.end_at_last_packet();
            self.done = self.done.saturating_add(index.length());
            self.clips.push(Clip { source, index });
            self.begin();
        }
        Ok(())
    }
}
