//! The file of a segment that was encoded anew: fragments of a second, as a recording's, and its record at the end.

use crate::codec::SampleEntry;
use crate::draft::{OpenedSegment, SegmentRecord};
use crate::media::TrackKind;
use crate::record::RecordOutput;
use crate::record::file::{Batch, Growing, Tickets};
use crate::time::Ticks;

/// Takes what encoders give and makes the bytes of a segment's file of it, piece by piece.
///
/// Hand in both entries ([`Self::begin`]), then pictures and packets in their order; each second of pictures becomes a
/// fragment, so packets are handed in before the pictures beside them. [`Self::poll_append`] gives what to write.
#[derive(Clone, Debug)]
pub struct Writer {
    file: Growing,
    tickets: Tickets,
    pictures: Batch,
    /// With the ticks of a packet.
    sound: Option<(Batch, i64)>,
    packets: i64,
    frames: u64,
    appends: Vec<Vec<u8>>,
}

impl Writer {
    /// A file that will be described so.
    pub fn new(opened: OpenedSegment) -> Writer {
        Writer {
            file: Growing::new(opened),
            tickets: Tickets::default(),
            pictures: Batch::default(),
            sound: None,
            packets: 0,
            frames: 0,
            appends: Vec::new(),
        }
    }

    /// Whether [`Self::begin`] was called.
    pub fn begun(&self) -> bool {
        self.file.begun()
    }

    /// Writes the head. `sound`: its entry and the ticks of a packet.
    pub fn begin(&mut self, video: SampleEntry, sound: Option<(SampleEntry, u32)>) {
        let (audio, packet) = sound.unzip();
        self.sound = packet.map(|packet| (Batch::default(), i64::from(packet)));
        let appends = &mut self.appends;
        self.file.begin(video, audio, &mut self.tickets, &mut |output| keep(appends, output));
    }

    /// A picture at this time of the segment, in ticks of 1/48 000 s. Times rise; the first picture begins with the segment
    /// whatever its time is.
    pub fn handle_picture(&mut self, pts: Ticks, sync: bool, data: &[u8]) {
        self.cut_if_due();
        self.pictures.push(pts, sync, data);
        self.frames += 1;
    }

    /// Makes a fragment of what is there where that is a second or more; a picture whose end is not known waits.
    pub fn cut_if_due(&mut self) {
        let sounding = self.packets * self.sound.as_ref().map_or(1, |(_, packet)| *packet);
        if self.file.due(&self.pictures, self.sound.as_ref().map(|(batch, _)| batch), sounding) {
            self.cut(None);
        }
    }

    /// The next packet of sound.
    pub fn handle_packet(&mut self, data: &[u8]) {
        if let Some((batch, packet)) = &mut self.sound {
            batch.push(Ticks(self.packets * *packet), true, data);
            self.packets += 1;
        }
    }

    /// Bytes to be appended to the file.
    pub fn poll_append(&mut self) -> Option<Vec<u8>> {
        (!self.appends.is_empty()).then(|| self.appends.remove(0))
    }

    /// Writes the last fragment. Pictures last to `end`, in ticks of 1/48 000 s, which the last packet ends at if there is
    /// sound. `None` where there was no picture.
    pub fn finish(&mut self, end: Ticks) -> Option<SegmentRecord> {
        if self.frames == 0 || !self.file.begun() {
            return None;
        }
        let end = end.0.max(self.pictures.last().unwrap_or(0) + 1);
        self.cut(Some(end));
        let duration = self.sound.as_ref().map_or(self.pictures.begin(), |(sound, _)| sound.begin());
        let entry = |kind| self.file.entry(kind);
        Some(SegmentRecord {
            opened: self.file.opened().clone(),
            duration: Ticks(duration),
            frames: self.frames,
            video: entry(TrackKind::Video).and_then(SampleEntry::video_codec),
            audio: entry(TrackKind::Audio).and_then(SampleEntry::audio_codec),
            bytes: self.file.bytes(),
            skew: Ticks(self.pictures.begin() - duration),
            recovered: false,
        })
    }

    fn cut(&mut self, end: Option<i64>) {
        let appends = &mut self.appends;
        let packets = self.packets;
        let sound = self.sound.as_mut().map(|(batch, packet)| (batch, packets * *packet));
        self.file.cut((&mut self.pictures, end), sound, &mut self.tickets, &mut |output| keep(appends, output));
    }
}

fn keep(appends: &mut Vec<Vec<u8>>, output: RecordOutput) {
    if let RecordOutput::Append { bytes, .. } = output {
        appends.push(bytes);
    }
}
