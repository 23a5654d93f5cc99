//! Recordings made of given samples through our own fragment writer, and the driving of [`Scan`] and [`ExportJob`] over
//! files in memory, with every read noted.

use std::collections::BTreeMap;
use std::ops::Range;

use onetake_core::demux::{DemuxError, FileIndex, Scan};
use onetake_core::export::{ExportError, ExportJob, Layout, Part, Recipe, film, openings};
use onetake_core::media::TrackKind;
use onetake_core::mux::{Run, RunSample, TrackConfig, fragment, init_segment};
use onetake_core::time::Ticks;

/// One encoded sample, in ticks of 1/48 000 s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it is decoded.
    pub time: u64,
    /// How long it lasts.
    pub duration: u32,
    /// Whether decoding can start here.
    pub sync: bool,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// The packets of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// What the recording says of it.
    pub config: TrackConfig,
    /// Its packets, in order.
    pub packets: Vec<Packet>,
}

/// A recording of these tracks, with a fragment every `every` ticks.
pub fn record(tracks: &[Track], every: u64) -> Vec<u8> {
    let configs: Vec<TrackConfig> = tracks.iter().map(|track| track.config.clone()).collect();
    let mut file = init_segment(&configs);
    let end = tracks.iter().flat_map(|track| track.packets.last()).map(|last| last.time + 1).max().unwrap_or(0);
    for (sequence, start) in (1..).zip((0..end).step_by(every as usize)) {
        let window: Vec<(TrackKind, Vec<&Packet>)> = tracks
            .iter()
            .map(|track| {
                let inside = |packet: &&Packet| (start..start + every).contains(&packet.time);
                (track.config.kind, track.packets.iter().filter(inside).collect())
            })
            .collect();
        file.extend(write(sequence, &configs, &window));
    }
    file
}

fn write(sequence: u32, configs: &[TrackConfig], window: &[(TrackKind, Vec<&Packet>)]) -> Vec<u8> {
    let parts: Vec<(TrackKind, u64, Vec<RunSample>, Vec<u8>)> = window
        .iter()
        .filter_map(|(kind, packets)| {
            let samples = packets.iter().map(|packet| RunSample {
                duration: packet.duration,
                size: packet.data.len() as u32,
                sync: packet.sync,
            });
            let data = packets.iter().flat_map(|packet| packet.data.iter().copied());
            Some((*kind, packets.first()?.time, samples.collect(), data.collect()))
        })
        .collect();
    let runs: Vec<Run<'_>> = parts
        .iter()
        .map(|(track, time, samples, data)| Run { track: *track, decode_time: Ticks(*time as i64), samples, data })
        .collect();
    fragment(sequence, configs, &runs).expect("a fragment of consistent runs")
}

/// Scans a file in memory. Every byte range that was read comes along.
pub fn scan(file: &[u8]) -> Result<(FileIndex, Vec<Range<u64>>), DemuxError> {
    let mut scan = Scan::new(file.len() as u64);
    let mut reads = Vec::new();
    while let Some(range) = scan.poll_read() {
        scan.handle_read(range.start, &file[range.start as usize..range.end as usize])?;
        reads.push(range);
    }
    Ok((scan.finish()?, reads))
}

/// Files in memory by source number, and what was read of each.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// The files.
    pub files: BTreeMap<u32, Vec<u8>>,
    /// Source and range of every read.
    pub reads: Vec<(u32, Range<u64>)>,
}

impl Disk {
    /// A disk with these files, numbered from 0.
    pub fn new(files: impl IntoIterator<Item = Vec<u8>>) -> Disk {
        Disk { files: (0..).zip(files).collect(), reads: Vec::new() }
    }

    /// The film of these recordings in this order, each ended at its last whole audio packet.
    pub fn export(&mut self, order: &[u32]) -> Result<Layout, ExportError> {
        let mut indexes = self.indexes()?;
        indexes.iter_mut().for_each(FileIndex::end_at_last_packet);
        film(&indexes, &Recipe::join(order.iter().copied()))
    }

    /// The indexes of all files.
    pub fn indexes(&mut self) -> Result<Vec<FileIndex>, ExportError> {
        let mut job = ExportJob::new(self.files.values().map(|file| file.len() as u64).collect());
        let mut before = 0.0;
        while let Some((source, range)) = job.poll_read() {
            let bytes = &self.files[&source][range.start as usize..range.end as usize];
            job.handle_read(source, range.start, bytes)?;
            self.reads.push((source, range));
            assert!((before..=1.0).contains(&job.progress()), "progress went from {before} to {}", job.progress());
            before = job.progress();
        }
        job.finish()
    }

    /// Reads the pictures that stretches of a film begin with, until nothing more is asked for.
    pub fn open(&mut self, indexes: &[FileIndex], recipe: &mut Recipe) -> Result<(), ExportError> {
        loop {
            let asked = openings(indexes, recipe)?;
            if asked.is_empty() {
                return Ok(());
            }
            for opening in asked {
                let (source, range) = (opening.source, opening.range.clone());
                let bytes = &self.files[&source][range.start as usize..range.end as usize];
                recipe.openings.push(opening.settle(bytes.to_vec()));
                self.reads.push((source, range));
            }
        }
    }

    /// The bytes of a film, part by part.
    pub fn compose(&self, layout: &Layout) -> Vec<u8> {
        let mut film = Vec::new();
        for part in &layout.parts {
            film.extend_from_slice(match part {
                Part::Own(range) => &layout.bytes[range.clone()],
                Part::Source(span) => &self.files[&span.source][span.range.start as usize..span.range.end as usize],
            });
        }
        film
    }

    /// Bytes read that lie in the payload of an `mdat`.
    pub fn media_bytes_read(&self) -> u64 {
        let overlap = |a: &Range<u64>, b: &Range<u64>| a.end.min(b.end).saturating_sub(a.start.max(b.start));
        let payloads: BTreeMap<u32, Vec<Range<u64>>> =
            self.files.iter().map(|(source, file)| (*source, super::film::payloads(file))).collect();
        let read = |(source, range): &(u32, Range<u64>)| {
            payloads[source].iter().map(|payload| overlap(payload, range)).sum::<u64>()
        };
        self.reads.iter().map(read).sum()
    }
}
