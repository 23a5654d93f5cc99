//! The segment's file as it grows: samples waiting for their fragment, fragments waiting for the disk.
//!
//! Decides when a fragment is cut and when a file is finished; never the content of a box ([`crate::mux`]).

use std::collections::VecDeque;

use super::plan::{RecordEvent, RecordOutput};
use crate::codec::SampleEntry;
use crate::draft::{Entry, OpenedSegment, SegmentRecord};
use crate::media::TrackKind;
use crate::mux::fragment::{Run, RunSample, TrackConfig, fragment, init_segment};
use crate::orientation::Orientation;
use crate::time::Ticks;

/// Media time in one fragment: what a crash may cost.
const FRAGMENT: i64 = 48_000;

/// Names one append until it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Samples of one track that no fragment holds yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    samples: Vec<Waiting>,
    data: Vec<u8>,
    /// Where the next fragment begins, ticks.
    begin: i64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    pts: i64,
    size: u32,
    sync: bool,
}

impl Batch {
    pub(crate) fn push(&mut self, pts: Ticks, sync: bool, data: &[u8]) {
        let size = u32::try_from(data.len()).expect("the recorder refuses chunks of 4 GiB");
        self.samples.push(Waiting { pts: pts.0, size, sync });
        self.data.extend_from_slice(data);
    }

    /// Makes room for exactly so many bytes more.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.data.reserve_exact(bytes);
    }

    /// Drops samples that begin at `end` or later. How many it was.
    pub(crate) fn truncate(&mut self, end: i64) -> usize {
        self.split_off(end).len()
    }

    /// Takes the samples out that begin at `end` or later.
    pub(crate) fn split_off(&mut self, end: i64) -> Batch {
        let kept = self.samples.partition_point(|sample| sample.pts < end);
        let bytes: usize = self.samples[..kept].iter().map(|sample| sample.size as usize).sum();
        Batch { samples: self.samples.split_off(kept), data: self.data.split_off(bytes), begin: end }
    }

    /// Puts them back.
    pub(crate) fn append(&mut self, mut later: Batch) {
        self.samples.append(&mut later.samples);
        self.data.append(&mut later.data);
    }

    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.data.len()
    }

    pub(crate) fn last(&self) -> Option<i64> {
        self.samples.last().map(|sample| sample.pts)
    }

    /// What fragments hold already, ticks.
    pub(crate) fn begin(&self) -> i64 {
        self.begin
    }

    /// Takes the samples whose end is known: all up to `end`, or without it all but the newest.
    fn take(&mut self, end: Option<i64>) -> (i64, Vec<RunSample>, Vec<u8>) {
        let begin = self.begin;
        let count = if end.is_some() { self.samples.len() } else { self.samples.len().saturating_sub(1) };
        let after = self.samples.get(count).map(|sample| sample.pts).or(end);
        let ends = self.samples[..count].iter().skip(1).map(|sample| sample.pts).chain(after);
        let mut at = begin;
        let mut run = Vec::with_capacity(count);
        for (sample, end) in self.samples[..count].iter().zip(ends) {
            // The first picture begins with the segment, also if the encoder swallowed the ones before it.
            let duration = u32::try_from(end - at).unwrap_or(u32::MAX);
            run.push(RunSample { duration, size: sample.size, sync: sample.sync });
            at = end;
        }
        let bytes: usize = run.iter().map(|sample| sample.size as usize).sum();
        let rest = self.data.split_off(bytes);
        self.samples.drain(..count);
        self.begin = at;
        (begin, run, std::mem::replace(&mut self.data, rest))
    }
}

/// One file: what it will be, what was appended, what of that is stored.
#[derive(Clone, Debug)]
pub(crate) struct Growing {
    opened: OpenedSegment,
    tracks: Vec<TrackConfig>,
    fragments: u32,
    bytes: u64,
    /// Where the first sample lies.
    media: Option<u64>,
    /// Ticket, bytes, and the media time that earlier appends hold.
    unstored: Vec<(Ticket, u64, i64)>,
    appended: i64,
    sealed: Option<SegmentRecord>,
}

impl Growing {
    pub(crate) fn new(opened: OpenedSegment) -> Growing {
        let tracks = Vec::new();
        let (fragments, bytes, media) = (0, 0, None);
        Growing { opened, tracks, fragments, bytes, media, unstored: Vec::new(), appended: 0, sealed: None }
    }

    /// What was known when it was begun.
    pub(crate) fn opened(&self) -> &OpenedSegment {
        &self.opened
    }

    /// Whether the file's head was appended.
    pub(crate) fn begun(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// The entry the head was written with.
    pub(crate) fn entry(&self, kind: TrackKind) -> Option<&SampleEntry> {
        self.tracks.iter().find(|track| track.kind == kind).map(|track| &track.entry)
    }

    /// Appends the head: from here on there is a file.
    pub(crate) fn begin(
        &mut self,
        video: SampleEntry,
        audio: Option<SampleEntry>,
        tickets: &mut Tickets,
        emit: &mut dyn FnMut(RecordOutput),
    ) {
        let size = Some(self.opened.size);
        let orientation = self.opened.orientation;
        self.tracks.push(TrackConfig { kind: TrackKind::Video, entry: video, size, orientation });
        if let Some(entry) = audio {
            let orientation = Orientation::UPRIGHT;
            self.tracks.push(TrackConfig { kind: TrackKind::Audio, entry, size: None, orientation });
        }
        emit(RecordOutput::Journal(Entry::Opened(self.opened.clone())));
        let bytes = init_segment(&self.tracks);
        self.append(bytes, 0, tickets, emit);
    }

    /// Whether either track waits for a fragment with a second of media or more.
    pub(crate) fn due(&self, video: &Batch, audio: Option<&Batch>, audio_end: i64) -> bool {
        let video = video.last().is_some_and(|newest| newest - video.begin >= FRAGMENT);
        self.begun() && (video || audio.is_some_and(|audio| audio_end - audio.begin >= FRAGMENT))
    }

    /// Appends one fragment of what waits. `ends` are the tracks' ends if this is the last, and the audio's always.
    pub(crate) fn cut(
        &mut self,
        (video, video_end): (&mut Batch, Option<i64>),
        audio: Option<(&mut Batch, i64)>,
        tickets: &mut Tickets,
        emit: &mut dyn FnMut(RecordOutput),
    ) {
        let before = self.appended;
        let mut taken = vec![(TrackKind::Video, video.take(video_end))];
        self.appended = video.begin;
        if let Some((audio, end)) = audio {
            taken.push((TrackKind::Audio, audio.take(Some(end))));
            self.appended = self.appended.min(audio.begin);
        }
        let runs = taken.iter().filter(|(_, (_, samples, _))| !samples.is_empty());
        let runs: Vec<Run<'_>> = runs
            .map(|(track, (begin, samples, data))| Run { track: *track, decode_time: Ticks(*begin), samples, data })
            .collect();
        if runs.is_empty() {
            return;
        }
        self.fragments += 1;
        let Ok(bytes) = fragment(self.fragments, &self.tracks, &runs) else {
            unreachable!("batches are bounded, sum their own sizes, begin at 0 and belong to the file's tracks")
        };
        let payload: usize = runs.iter().map(|run| run.data.len()).sum();
        self.media.get_or_insert(self.bytes + (bytes.len() - payload) as u64);
        self.append(bytes, before, tickets, emit);
    }

    fn append(&mut self, bytes: Vec<u8>, before: i64, tickets: &mut Tickets, emit: &mut dyn FnMut(RecordOutput)) {
        let ticket = tickets.next();
        self.bytes += bytes.len() as u64;
        self.unstored.push((ticket, bytes.len() as u64, before));
        emit(RecordOutput::Append { file: self.opened.file.clone(), bytes, ticket, media: self.media });
    }

    /// Nothing more will be appended.
    pub(crate) fn seal(&mut self, record: SegmentRecord) {
        self.sealed = Some(record);
    }

    /// Whether the ticket was one of this file's.
    pub(crate) fn handle_stored(&mut self, ticket: Ticket) -> bool {
        let before = self.unstored.len();
        self.unstored.retain(|(open, ..)| *open != ticket);
        before != self.unstored.len()
    }

    /// The record, once everything is stored.
    pub(crate) fn finished(&self) -> Option<&SegmentRecord> {
        self.sealed.as_ref().filter(|_| self.unstored.is_empty())
    }

    /// Bytes appended, stored or not.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes appended and not stored.
    pub(crate) fn unstored_bytes(&self) -> u64 {
        self.unstored.iter().map(|(_, bytes, _)| bytes).sum()
    }

    /// Media time appended and not stored, ticks.
    pub(crate) fn lag(&self) -> i64 {
        self.appended - self.stored()
    }

    /// Media time that a crash now would leave, ticks.
    pub(crate) fn stored(&self) -> i64 {
        self.unstored.first().map_or(self.appended, |(.., before)| *before)
    }
}

/// Closes the files at the front of the line of which everything is stored, and says so.
pub(crate) fn close_stored(closing: &mut VecDeque<Growing>, output: &mut VecDeque<RecordOutput>) {
    while let Some(record) = closing.front().and_then(Growing::finished).cloned() {
        closing.pop_front();
        let file = record.opened.file.clone();
        output.push_back(RecordOutput::Close { file });
        output.push_back(RecordOutput::Journal(Entry::Sealed(record.clone())));
        output.push_back(RecordOutput::Event(RecordEvent::Sealed(record)));
    }
}

/// Gives tickets out, each once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tickets(u64);

impl Tickets {
    fn next(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}
