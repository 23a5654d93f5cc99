//! The driver that a browser would be: it carries frames, sound, chunks and bytes between simulated devices, encoders, a
//! disk and the [`Recorder`], on virtual time.

use std::collections::BTreeMap;

use onetake_core::demux::FileIndex;
use onetake_core::draft::{CameraInfo, Draft, Entry, SegmentRecord, journal};
use onetake_core::media::{AudioCodec, TrackKind};
use onetake_core::orientation::Orientation;
use onetake_core::record::{
    Admission, Block, GateLimits, Load, Pace, RecordEvent, RecordOutput, Recorder, RecorderConfig, SegmentPlan,
    SoundPlan, Ticket,
};
use onetake_core::time::{Micros, Ticks, TimeOrigins};
use onetake_tests::film;
use onetake_tests::recording::scan;

use super::devices::{Busy, Camera, Chance, Frame, Microphone, Room, Sound};
use super::encoders::{AudioEncoder, VideoEncoder, audio_entry, decode, number};

/// Wall time that tests begin at, microseconds.
pub(crate) const BEGIN: i64 = 1_700_000_000_000_000;
/// `timeOrigin` of the worker.
pub(crate) const OWN: i64 = BEGIN - 5_000_000;
/// `timeOrigin` of the document.
pub(crate) const DOCUMENT: i64 = OWN - 452_105;

pub(crate) const OPUS: SoundPlan = SoundPlan { codec: AudioCodec::Opus, delay: 312, dropped: 1, channels: 1 };
pub(crate) const AAC: SoundPlan = SoundPlan { codec: AudioCodec::Aac, delay: 2112, dropped: 3, channels: 1 };

/// Something on its way.
#[derive(Clone, Debug)]
enum Mail {
    Frame(Frame),
    Sound(Sound),
    Picture { timestamp: Micros, key: bool, data: Vec<u8> },
    Packet(Vec<u8>),
    Flushed(TrackKind),
    Stored(Ticket),
}

/// One write to the disk, in order.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    Journal(Vec<u8>),
    File(String, Vec<u8>),
}

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    pub(crate) writes: Vec<Write>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What each file held when its last append was acknowledged.
    pub(crate) acknowledged: BTreeMap<String, usize>,
    pub(crate) closed: Vec<String>,
    open: BTreeMap<Ticket, (String, usize)>,
}

/// Everything around the recorder.
pub(crate) struct Rig {
    pub(crate) now: i64,
    pub(crate) recorder: Recorder,
    pub(crate) camera: Option<Camera>,
    pub(crate) microphone: Option<Microphone>,
    pub(crate) room: Room,
    pub(crate) busy: Busy,
    pub(crate) video: VideoEncoder,
    pub(crate) sound: Option<SoundPlan>,
    pub(crate) pace: Pace,
    audio: Option<AudioEncoder>,
    /// Whether the audio encoder works at all.
    pub(crate) deaf: bool,
    pub(crate) queue: u32,
    pub(crate) disk: Disk,
    /// Time from an append to its acknowledgement.
    pub(crate) store_latency: i64,
    /// Time that the encoder of pictures needs for each.
    pub(crate) encode_time: i64,
    /// Largest random delay of what encoders give, beyond the usual.
    pub(crate) lateness: i64,
    chance: Chance,
    /// When the last picture and the last packet come out.
    due: [i64; 2],
    pub(crate) draft: Draft,
    pub(crate) events: Vec<RecordEvent>,
    pub(crate) origins: Vec<i64>,
    pub(crate) sealed: Vec<SegmentRecord>,
    pub(crate) delivered: Vec<Frame>,
    pub(crate) most_held: u64,
    pub(crate) worst_lag: i64,
    pub(crate) most_in_one_turn: u32,
    /// Most pictures with the encoder, and most bytes not yet on the disk.
    pub(crate) most_waiting: (u64, u64),
    /// Media time as it was told, and when.
    pub(crate) told: Vec<(i64, i64)>,
    /// A click this long after each origin.
    pub(crate) click_after: Option<f64>,
    mail: BTreeMap<(i64, u64), Mail>,
    posted: u64,
    drained: u64,
    entries: bool,
}

impl Rig {
    pub(crate) fn new() -> Rig {
        let origins = TimeOrigins { own: Micros(OWN), document: Some(Micros(DOCUMENT)) };
        let limits = GateLimits::default();
        let mut rig = Rig {
            now: BEGIN,
            recorder: Recorder::new(RecorderConfig { origins, key_interval: Ticks(96_000), limits }),
            camera: None,
            microphone: None,
            room: Room::default(),
            busy: Vec::new(),
            video: VideoEncoder::default(),
            sound: Some(OPUS),
            pace: Pace::default(),
            audio: None,
            deaf: false,
            queue: 0,
            disk: Disk::default(),
            store_latency: 8_000,
            encode_time: 0,
            lateness: 0,
            chance: Chance(0xE4C),
            due: [0; 2],
            draft: Draft::new(),
            events: Vec::new(),
            origins: Vec::new(),
            sealed: Vec::new(),
            delivered: Vec::new(),
            most_held: 0,
            worst_lag: 0,
            most_in_one_turn: 0,
            most_waiting: (0, 0),
            told: Vec::new(),
            click_after: Some(100_000.0),
            mail: BTreeMap::new(),
            posted: 0,
            drained: 0,
            entries: false,
        };
        rig.disk.writes.push(Write::Journal(journal::HEADER.to_vec()));
        rig
    }

    /// A camera of 30 frames a second and a microphone, both running for two seconds.
    pub(crate) fn previewing(rate: u32) -> Rig {
        let mut rig = Rig::new();
        rig.set_camera(Camera::new(BEGIN + 3_000, 30.0));
        rig.set_microphone(Microphone::new(BEGIN + 1_234, rate, OWN));
        rig.run(2_000_000);
        rig
    }

    pub(crate) fn set_camera(&mut self, mut camera: Camera) {
        self.mail.retain(|_, mail| !matches!(mail, Mail::Frame(_)));
        self.recorder.handle_new_camera();
        let first = camera.deliver(&self.busy);
        self.camera = Some(camera);
        self.post(first.arrival, Mail::Frame(first));
        self.drain();
    }

    pub(crate) fn set_microphone(&mut self, mut microphone: Microphone) {
        self.mail.retain(|_, mail| !matches!(mail, Mail::Sound(_)));
        self.recorder.handle_new_microphone();
        if let Some(first) = microphone.deliver(&self.busy) {
            self.post(first.arrival, Mail::Sound(first));
        }
        self.microphone = Some(microphone);
        self.drain();
    }

    /// The camera is pulled out.
    pub(crate) fn unplug_camera(&mut self) {
        self.camera = None;
        self.mail.retain(|_, mail| !matches!(mail, Mail::Frame(_)));
        self.recorder.handle_camera_end();
        self.drain();
    }

    /// The microphone is pulled out, and the driver says so.
    pub(crate) fn unplug_microphone(&mut self) {
        self.microphone = None;
        self.mail.retain(|_, mail| !matches!(mail, Mail::Sound(_)));
        self.recorder.handle_microphone_end();
        self.drain();
    }

    /// The machine sleeps: nothing is taken, delivered or done.
    pub(crate) fn freeze(&mut self, seconds: u32) {
        if let Some(camera) = &mut self.camera {
            camera.next += (f64::from(seconds) * 1e6 / camera.interval).round() as u32;
        }
        if let Some(microphone) = &mut self.microphone {
            microphone.next += i64::from(seconds) * i64::from(microphone.rate) / microphone.block as i64;
        }
        // The frame and the block under way arrive first.
        self.run(40_000);
        self.now += i64::from(seconds) * 1_000_000 - 40_000;
    }

    fn post(&mut self, at: i64, mail: Mail) {
        self.posted += 1;
        self.mail.insert((at.max(self.now), self.posted), mail);
    }

    pub(crate) fn plan(&self, take: u32) -> SegmentPlan {
        let id = self.draft.next_segment_id();
        SegmentPlan {
            id,
            take,
            file: format!("{:04}.mp4", id.0),
            camera: CameraInfo::default(),
            sound: self.sound,
            size: self.video.size(),
            orientation: Orientation::UPRIGHT,
            mirrored: false,
            limit: None,
            pace: self.pace,
        }
    }

    /// Presses record now.
    pub(crate) fn record(&mut self) {
        let plan = self.plan(self.draft.next_take());
        self.open(plan);
    }

    pub(crate) fn open(&mut self, plan: SegmentPlan) {
        self.audio = plan.sound.map(|sound| AudioEncoder::new(sound.codec, sound.delay));
        self.entries = false;
        self.recorder.open_segment(plan, Micros(self.now)).expect("idle");
        self.drain();
    }

    /// Presses pause now and waits until everything is on the disk.
    pub(crate) fn pause(&mut self) -> SegmentRecord {
        let before = self.sealed.len();
        self.recorder.seal(Micros(self.now)).expect("recording");
        self.drain();
        for _ in 0..4_000 {
            if self.sealed.len() > before {
                return self.sealed[before].clone();
            }
            self.run(1_000);
        }
        panic!("not sealed after four seconds: {:?}", self.recorder);
    }

    /// Lets so many microseconds pass.
    pub(crate) fn run(&mut self, micros: i64) {
        let until = self.now + micros;
        loop {
            let next = self.mail.first_key_value().map(|((at, _), _)| *at);
            let timeout = self.recorder.poll_timeout().map(|at| at.0.max(self.now));
            match (next, timeout) {
                (Some(at), timeout) if at <= until && timeout.is_none_or(|timeout| at <= timeout) => {
                    self.now = at;
                    let (_, mail) = self.mail.pop_first().expect("just seen");
                    self.deliver(mail);
                }
                (_, Some(at)) if at <= until => {
                    self.now = at;
                    self.recorder.handle_timeout(Micros(at));
                }
                _ => break,
            }
            self.drain();
        }
        self.now = until;
    }

    fn deliver(&mut self, mail: Mail) {
        match mail {
            Mail::Frame(frame) => self.deliver_frame(frame),
            Mail::Sound(sound) => self.deliver_sound(&sound),
            Mail::Picture { timestamp, key, data } => {
                if !std::mem::replace(&mut self.entries, true) {
                    self.recorder.handle_entry(TrackKind::Video, self.video.entry()).expect("the same entry always");
                }
                self.recorder.handle_chunk(TrackKind::Video, timestamp, key, &data).expect("a frame of ours");
            }
            Mail::Packet(data) => {
                let plan = self.sound.expect("sound was planned");
                let entry = audio_entry(plan.codec, plan.channels);
                self.recorder.handle_entry(TrackKind::Audio, entry).expect("the same entry always");
                self.recorder.handle_chunk(TrackKind::Audio, Micros(0), true, &data).expect("a packet of ours");
            }
            Mail::Flushed(track) => self.recorder.handle_flushed(track),
            Mail::Stored(ticket) => {
                let (file, length) = self.disk.open.remove(&ticket).expect("an open ticket");
                let known = self.disk.acknowledged.entry(file).or_default();
                *known = length.max(*known);
                self.recorder.handle_stored(ticket);
            }
        }
    }

    fn deliver_frame(&mut self, frame: Frame) {
        let next = self.camera.as_mut().map(|camera| camera.deliver(&self.busy));
        if let Some(next) = next {
            self.post(next.arrival, Mail::Frame(next));
        }
        let load = Load { encoder_queue: self.queue, gpu_queue: 0 };
        let admission = self.recorder.handle_frame(Micros(frame.stamp), Micros(self.now), load);
        if admission != Admission::Idle {
            self.delivered.push(frame);
        }
        if let Admission::Encode { timestamp, key } = admission
            && let Some(data) = self.video.encode(frame.number, key)
        {
            let due = self.come_out(TrackKind::Video, 12_000, self.encode_time);
            self.post(due, Mail::Picture { timestamp, key, data });
        }
    }

    fn deliver_sound(&mut self, sound: &Sound) {
        let Some(microphone) = &mut self.microphone else {
            return;
        };
        let (rate, channels) = (microphone.rate, microphone.channels);
        if let Some(next) = microphone.deliver(&self.busy) {
            self.post(next.arrival, Mail::Sound(next));
        }
        let planes = self.room.hear(sound, channels);
        let (stamp, arrival) = (Micros(sound.stamp), Micros(self.now));
        self.recorder.handle_block(Block { stamp, arrival, rate, channels, planes: &planes });
    }

    /// Does what the recorder asks for.
    fn drain(&mut self) {
        let mut outputs = 0;
        while let Some(output) = self.recorder.poll_output() {
            outputs += 1;
            match output {
                RecordOutput::EncodeSound { planes, frames, .. } => {
                    let audio = self.audio.as_mut().expect("sound was planned");
                    let packets = audio.encode(&planes[..frames as usize]);
                    self.post_packets(packets);
                }
                RecordOutput::Flush(track) => {
                    if track == TrackKind::Audio {
                        let packets = self.audio.as_mut().expect("sound was planned").flush();
                        self.post_packets(packets);
                    }
                    let due = self.come_out(track, 15_000, 0);
                    self.post(due, Mail::Flushed(track));
                }
                RecordOutput::Append { file, bytes, ticket, .. } => {
                    assert!(!self.disk.closed.contains(&file), "{file} is closed");
                    let held = self.disk.files.entry(file.clone()).or_default();
                    held.extend_from_slice(&bytes);
                    self.disk.open.insert(ticket, (file.clone(), held.len()));
                    self.disk.writes.push(Write::File(file, bytes));
                    self.post(self.now + self.store_latency, Mail::Stored(ticket));
                }
                RecordOutput::Close { file } => {
                    assert!(self.disk.open.values().all(|(open, _)| *open != file), "{file} is not stored");
                    self.disk.closed.push(file);
                }
                RecordOutput::Journal(entry) => {
                    if let Entry::Opened(opened) = &entry {
                        assert!(!self.disk.files.contains_key(&opened.file), "opened before its first byte");
                    }
                    self.decide(&entry);
                }
                RecordOutput::Event(event) => self.note(event),
            }
        }
        self.most_in_one_turn = self.most_in_one_turn.max(outputs);
        self.drained += 1;
        if self.drained.is_multiple_of(4) {
            self.check_stats();
        }
    }

    /// When an encoder gives what it is handed now: in order within its track, `step` after the one before.
    fn come_out(&mut self, track: TrackKind, usual: i64, step: i64) -> i64 {
        let late = if self.lateness > 0 { self.chance.below(self.lateness) } else { 0 };
        let due = &mut self.due[usize::from(track == TrackKind::Audio)];
        *due = (self.now + usual + late).max(*due + step);
        *due
    }

    fn check_stats(&mut self) {
        let stats = self.recorder.stats();
        let (pictures, bytes) = self.most_waiting;
        self.most_waiting = (pictures.max(stats.in_flight), bytes.max(stats.unstored_bytes));
        self.most_held = self.most_held.max(stats.held_bytes);
        self.worst_lag = self.worst_lag.max(stats.stored_lag.0);
        let gone = stats.dropped.encoder + stats.dropped.storage + stats.dropped.gpu + stats.surplus + stats.in_flight;
        assert_eq!(stats.captured, stats.encoded + stats.thinned + gone, "{stats:?}");
    }

    fn post_packets(&mut self, packets: Vec<Vec<u8>>) {
        let deaf = self.deaf;
        for packet in packets.into_iter().filter(|_| !deaf) {
            let due = self.come_out(TrackKind::Audio, 5_000, 0);
            self.post(due, Mail::Packet(packet));
        }
    }

    fn note(&mut self, event: RecordEvent) {
        match &event {
            RecordEvent::Started { origin } => {
                self.origins.push(origin.0);
                if let Some(after) = self.click_after {
                    self.room.click(origin.0 as f64 + after);
                }
            }
            RecordEvent::Sealed(record) => self.sealed.push(record.clone()),
            _ => {}
        }
        match event {
            RecordEvent::Time { segment } => self.told.push((self.now, segment.0)),
            event => self.events.push(event),
        }
    }

    /// Applies an entry to the draft and appends it to the journal.
    pub(crate) fn decide(&mut self, entry: &Entry) {
        self.draft.apply(entry).expect("it fits the draft");
        self.disk.writes.push(Write::Journal(journal::encode(entry)));
    }

    /// What a file holds.
    pub(crate) fn film(&self, file: &str) -> Film {
        Film::read(&self.disk.files[file])
    }
}

/// A segment file or a joined film, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Film {
    /// Camera numbers of its pictures.
    pub(crate) numbers: Vec<u32>,
    /// Ticks each is shown.
    pub(crate) durations: Vec<u32>,
    pub(crate) syncs: Vec<bool>,
    /// Its sound, a packet each; empty for digital silence.
    packets: Vec<Vec<f32>>,
    packet: usize,
    /// Length of the sound, ticks.
    pub(crate) sounding: i64,
}

impl Film {
    /// A segment file.
    pub(crate) fn read(bytes: &[u8]) -> Film {
        let (index, _) = scan(bytes).expect("a file of ours");
        Film::of(&index, bytes)
    }

    /// The samples that an index names.
    pub(crate) fn of(index: &FileIndex, bytes: &[u8]) -> Film {
        let samples = |kind| -> Vec<&[u8]> {
            let Some(track) = index.track(kind) else {
                return Vec::new();
            };
            let mut sizes = track.tables.sizes.iter();
            let mut samples = Vec::new();
            for chunk in &track.tables.chunks {
                let mut at = chunk.offset as usize;
                for size in sizes.by_ref().take(chunk.samples as usize) {
                    samples.push(&bytes[at..at + size as usize]);
                    at += size as usize;
                }
            }
            samples
        };
        let video = index.track(TrackKind::Video).expect("pictures");
        assert_eq!(video.start, 0);
        let audio = index.track(TrackKind::Audio);
        let packet = audio.and_then(|audio| audio.tables.durations.first()).unwrap_or(0);
        Film {
            numbers: samples(TrackKind::Video).into_iter().map(number).collect(),
            durations: video.tables.durations.iter().collect(),
            syncs: video.tables.syncs.iter().collect(),
            packets: samples(TrackKind::Audio).into_iter().map(decode).collect(),
            packet: packet as usize,
            sounding: audio.map_or(0, |audio| audio.tables.duration as i64),
        }
    }

    /// A joined film of pictures and sound, through the reader that shares no code with the core.
    pub(crate) fn joined(bytes: &[u8]) -> Film {
        let tracks = film::tracks(bytes);
        let [video, audio] = ["vide", "soun"].map(|handler| {
            let track = tracks.iter().find(|track| track.handler == handler);
            &track.expect("pictures and sound").samples
        });
        Film {
            numbers: video.iter().map(|sample| number(&bytes[sample.range.clone()])).collect(),
            durations: video.iter().map(|sample| sample.duration).collect(),
            syncs: video.iter().map(|sample| sample.sync).collect(),
            packets: audio.iter().map(|sample| decode(&bytes[sample.range.clone()])).collect(),
            packet: audio[0].duration as usize,
            sounding: audio.iter().map(|sample| i64::from(sample.duration)).sum(),
        }
    }

    /// Length of the pictures, ticks.
    pub(crate) fn showing(&self) -> i64 {
        self.durations.iter().map(|ticks| i64::from(*ticks)).sum()
    }

    /// Its sound, sample by sample.
    pub(crate) fn pcm(&self) -> Vec<f32> {
        let silence = vec![0.0; self.packet];
        self.packets.iter().flat_map(|packet| if packet.is_empty() { &silence } else { packet }).copied().collect()
    }

    /// Sample numbers of the clicks heard: the largest sample of each stretch louder than 0.3.
    pub(crate) fn clicks(&self) -> Vec<usize> {
        let mut found: Vec<(usize, f32)> = Vec::new();
        for (number, packet) in self.packets.iter().enumerate() {
            for (at, sample) in packet.iter().enumerate().filter(|(_, sample)| sample.abs() > 0.3) {
                let (at, loud) = (number * self.packet + at, sample.abs());
                match found.last_mut() {
                    Some(last) if at - last.0 < 100 => {
                        if loud > last.1 {
                            *last = (at, loud);
                        }
                    }
                    _ => found.push((at, loud)),
                }
            }
        }
        found.into_iter().map(|(at, _)| at).collect()
    }
}
