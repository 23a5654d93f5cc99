//! Reading the indexes of several files as a machine: which bytes of which file are needed next. The files are read in any
//! order, or side by side.

use std::ops::Range;

use super::ExportError;
use crate::demux::{FileIndex, Scan};

/// Reads the headers of files, numbered from 0 as they were given.
///
/// Call [`Self::poll_read`], read these bytes of that source, hand them to [`Self::handle_read`]; repeat until there is
/// nothing to read, then [`Self::finish`]. Whoever reads several files at once asks [`Self::poll_read_of`] for each.
#[derive(Clone, Debug)]
pub struct ExportJob {
    sources: Vec<Source>,
    /// The first source that is not read to its end.
    current: usize,
    /// Set where a source was read to its end and is no film.
    failed: Option<ExportError>,
}

#[derive(Clone, Debug)]
enum Source {
    /// It is being read.
    Scan(Scan, u64),
    /// It was read.
    Index(FileIndex),
    /// It was read and is no film; its length.
    Failed(u64),
}

impl ExportJob {
    /// Files of these lengths in bytes.
    pub fn new(lengths: Vec<u64>) -> ExportJob {
        let sources = lengths.into_iter().map(|length| Source::Scan(Scan::new(length), length)).collect::<Vec<_>>();
        let mut job = ExportJob { sources, current: 0, failed: None };
        // A file too short for any read fails here; `finish` tells.
        for source in 0..job.sources.len() {
            let _ = job.advance(source);
        }
        job
    }

    /// Which bytes of which source are needed next; `None` where it can be finished.
    pub fn poll_read(&self) -> Option<(u32, Range<u64>)> {
        let range = self.poll_read_of(self.current as u32)?;
        Some((self.current as u32, range))
    }

    /// Which bytes of this source are needed next; `None` where its index is known, or it is none of the sources.
    pub fn poll_read_of(&self, source: u32) -> Option<Range<u64>> {
        match self.sources.get(source as usize)? {
            Source::Scan(scan, _) => scan.poll_read(),
            _ => None,
        }
    }

    /// Takes exactly the bytes that [`Self::poll_read`] or [`Self::poll_read_of`] asked for.
    ///
    /// # Errors
    /// [`ExportError::WrongSource`], and [`ExportError::File`] where the source cannot be read. The first leaves the job
    /// where it was; the second ends it if no other bytes can help.
    pub fn handle_read(&mut self, source: u32, offset: u64, bytes: &[u8]) -> Result<(), ExportError> {
        let wanted = (self.current < self.sources.len()).then_some(self.current as u32);
        match self.sources.get_mut(source as usize) {
            Some(Source::Scan(scan, _)) => {
                scan.handle_read(offset, bytes).map_err(|error| ExportError::File { source, error })?;
            }
            _ => return Err(ExportError::WrongSource { wanted, got: source }),
        }
        self.advance(source as usize)
    }

    /// How much of the sources has been walked, 0 to 1.
    pub fn progress(&self) -> f64 {
        let (mut done, mut total) = (0_u64, 0_u64);
        for source in &self.sources {
            let (here, length) = match source {
                Source::Scan(scan, length) => (scan.position().min(*length), *length),
                Source::Index(index) => (index.length(), index.length()),
                Source::Failed(length) => (*length, *length),
            };
            done = done.saturating_add(here);
            total = total.saturating_add(length);
        }
        if total == 0 { 1.0 } else { done as f64 / total as f64 }
    }

    /// The indexes, in the order of the sources.
    ///
    /// # Errors
    /// [`ExportError::Unfinished`] before everything was read; [`ExportError::File`] for the first file that is no film.
    pub fn finish(self) -> Result<Vec<FileIndex>, ExportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some((source, _)) = self.poll_read() {
            return Err(ExportError::Unfinished { source });
        }
        let index = |source| match source {
            Source::Index(index) => Some(index),
            _ => None,
        };
        Ok(self.sources.into_iter().filter_map(index).collect())
    }

    /// Takes the index of a scan that is done.
    fn advance(&mut self, number: usize) -> Result<(), ExportError> {
        let mut result = Ok(());
        if let Some(place) = self.sources.get_mut(number)
            && let Source::Scan(scan, length) = place
            && scan.poll_read().is_none()
        {
            let length = *length;
            let scan = std::mem::replace(scan, Scan::new(0));
            *place = match scan.finish() {
                Ok(index) => Source::Index(index),
                Err(error) => {
                    let error = ExportError::File { source: number as u32, error };
                    self.failed.get_or_insert_with(|| error.clone());
                    result = Err(error);
                    Source::Failed(length)
                }
            };
        }
        while self.sources.get(self.current).is_some_and(|source| !matches!(source, Source::Scan(..))) {
            self.current += 1;
        }
        result
    }
}
