//! What must be decoded of a sound track to hear what its edit list shows, packet by packet. It decides where each packet
//! lies in the film; never what a decoder makes of it. No list of packets is made: a walk is a place in each table.

use std::collections::VecDeque;
use std::ops::Range;

use super::FINE;
use super::walk::Cursor;
use crate::codec::{SampleEntry, aac};
use crate::demux::{FileIndex, Stretch, TrackIndex, presentation, walk};
use crate::isobmff::FourCc;
use crate::media::AudioCodec;
use crate::time::{Ticks, Timescale};

/// Gaps between packets that are heeded. A decoder begins anew behind each, so a track of more is taken as it follows.
const MOST_GAPS: usize = 1024;
/// No coding has packets as long as this, in bytes.
const LONGEST: u32 = 1 << 20;
/// What a decoder of Opus hears before a place to sound right there, in milliseconds (Encapsulation of Opus in ISO Base
/// Media File Format s.4.3.6.2), and in how many packets that is looked for.
const ROLL_MS: i64 = 80;
const MOST_ROLL: i64 = 32;
/// How far back a packet is looked for that decoding can begin with.
const FARTHEST: u64 = 256;

/// A packet to be decoded; of sound that is not compressed, several samples in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundPacket {
    /// Where its bytes lie in the file; not empty.
    pub range: Range<u64>,
    /// Where its first sample lies in the film, in ticks of [`FINE`]; negative before the film.
    pub at: Ticks,
    /// When this packet and those that follow it are heard, in ticks of [`FINE`]: samples outside only bring the decoder
    /// on its way.
    pub heard: Range<i64>,
    /// Whether it does not follow the one before it: what decodes it begins anew.
    pub anew: bool,
    /// Its place in [`SoundSource::entries`].
    pub entry: u32,
}

/// How a decoder is configured, in the words of WebCodecs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundCoding {
    /// RFC 6381; a name that the file gives where nothing better is known.
    pub codec: String,
    /// [`SampleEntry::sound_description`].
    pub description: Option<Vec<u8>>,
    /// Channels, with the likeliest where the file does not say; what comes out may be another number.
    pub channels: u32,
    /// Samples a second, the same.
    pub rate: u32,
}

/// The packets of one sound track in the order in which they are heard. [`SoundSource::poll_packet`] gives each once.
#[derive(Clone, Debug)]
pub struct SoundSource {
    track: TrackIndex,
    stretches: VecDeque<Stretch>,
    /// Ticks a second of `Stretch::at`.
    movie: Timescale,
    /// How long most packets last, in ticks of the track.
    usual: i64,
    gaps: Vec<Gap>,
    is_plain: bool,
    /// What is left of the stretch that is walked now.
    parts: VecDeque<Part>,
    /// The number of the packet that the part walked now ends before.
    end: u64,
    cursor: Cursor,
    /// Where the last packets were, for the next part may begin with them.
    passed: VecDeque<Cursor>,
    /// The entry of the last packet.
    entry: Option<u32>,
}

/// A packet that claims to last longer than it can.
#[derive(Clone, Debug)]
struct Gap {
    number: u64,
    claimed: Range<i64>,
}

/// Packets in a row that one decoder decodes, and when they are heard.
#[derive(Clone, Debug)]
struct Part {
    packets: Range<u64>,
    /// The first that is heard, and when it is composed.
    first: (u64, i64),
    /// Composition time in ticks of the track that lies at `at` of the film, ticks of [`FINE`].
    start: i64,
    at: i64,
    heard: Range<i64>,
}

impl SoundSource {
    /// What is heard of `track`, a track of `index`.
    ///
    /// # Errors
    /// What its edit list asks for that cannot be done, as [`presentation`] says it.
    pub fn new(index: &FileIndex, track: &TrackIndex) -> Result<SoundSource, &'static str> {
        let stretches = presentation(index.head(), track)?;
        let is_plain = is_plain(track, &stretches);
        let track = TrackIndex { edits: Vec::new(), udta: Vec::new(), ..track.clone() };
        let usual = usual(&track);
        let gaps = gaps(&track, usual);
        Ok(SoundSource {
            track,
            stretches: stretches.into(),
            movie: index.head().timescale,
            usual,
            gaps,
            is_plain,
            parts: VecDeque::new(),
            end: 0,
            cursor: Cursor::default(),
            passed: VecDeque::new(),
            entry: None,
        })
    }

    /// Whether its packets are those of a segment already: AAC-LC or Opus at 48 kHz, of one or two channels, in packets of
    /// the usual length, all heard from the beginning of the film on. The end may lie within the last one.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// How its packets are described; never empty.
    pub fn entries(&self) -> &[SampleEntry] {
        &self.track.entries
    }

    /// How a decoder of packets of this entry is configured; `None` for one that is not there.
    pub fn coding(&self, entry: u32) -> Option<SoundCoding> {
        let entry = self.track.entries.get(entry as usize)?;
        let codec = match entry.codec_string().as_str() {
            ".mp3" | "mp4a.69" | "mp4a.6B" => "mp3".to_owned(),
            // As the codec registry of WebCodecs calls them.
            "sowt" => "pcm-s16".to_owned(),
            "raw " => "pcm-u8".to_owned(),
            codec => codec.to_owned(),
        };
        let (channels, rate) = entry.sound();
        // Parametric stereo calls itself mono.
        let channels = if channels == 0 || (channels == 1 && codec == "mp4a.40.29") { 2 } else { channels };
        let rate = if codec == "opus" { 48_000 } else { rate };
        let rate = if rate == 0 { self.track.timescale.get().min(48_000) } else { rate };
        Some(SoundCoding { codec, description: entry.sound_description(), channels, rate })
    }

    /// The next packet; `None` behind the last one.
    pub fn poll_packet(&mut self) -> Option<SoundPacket> {
        let group = if is_raw(self.track.entry().fourcc()) { self.track.timescale.get() / 8 } else { 1 };
        let mut anew = false;
        loop {
            while self.parts.is_empty() || self.cursor.number >= self.end {
                self.next_part()?;
                anew = true;
            }
            let part = self.parts.front()?;
            let before = self.cursor;
            let most = self.end - before.number;
            let Some(piece) = self.cursor.take(&self.track.tables, most, group) else {
                self.end = 0;
                continue;
            };
            if self.passed.len() as i64 > MOST_ROLL {
                self.passed.pop_front();
            }
            self.passed.push_back(before);
            if piece.size == 0 || piece.size > LONGEST {
                continue;
            }
            let scale = self.track.timescale;
            // Those before lie as they are decoded, behind each other, whatever gap there is between them.
            let ahead = part.first.0.saturating_sub(before.number) as i64;
            let shown =
                if ahead > 0 { part.first.1 - ahead * self.usual } else { piece.shown + self.track.start as i64 };
            let at = part.at.saturating_add(fine(scale, shown - part.start));
            anew |= self.entry.replace(piece.entry) != Some(piece.entry);
            let end = piece.offset.saturating_add(u64::from(piece.size) * piece.count);
            let heard = part.heard.clone();
            let packet = SoundPacket { range: piece.offset..end, at: Ticks(at), heard, anew, entry: piece.entry };
            return Some(packet);
        }
    }

    /// Goes to the next part that anything is heard of.
    fn next_part(&mut self) -> Option<()> {
        self.parts.pop_front();
        while self.parts.is_empty() {
            let stretch = self.stretches.pop_front()?;
            self.parts = self.split(&stretch);
        }
        let packets = self.parts.front()?.packets.clone();
        self.end = packets.end;
        if self.cursor.number > packets.start {
            let near = self.passed.iter().rev().find(|place| place.number <= packets.start);
            self.cursor = near.copied().unwrap_or_default();
            self.passed.clear();
        }
        while self.cursor.number < packets.start {
            let most = packets.start - self.cursor.number;
            // Tables of fewer rows than were counted: the part is empty.
            if self.cursor.take(&self.track.tables, most, u32::MAX).is_none() {
                self.end = 0;
                break;
            }
        }
        Some(())
    }

    /// The parts of a stretch between its gaps.
    fn split(&self, stretch: &Stretch) -> VecDeque<Part> {
        let (track, usual) = (&self.track, self.usual);
        let (begin, end) = (stretch.media.start, stretch.media.end);
        let film = fine(self.movie, i64::try_from(stretch.at).unwrap_or(i64::MAX));
        let place = |media: i64| film.saturating_add(fine(track.timescale, media - begin));
        let mut parts = VecDeque::new();
        // What is heard from `from` to `to`, of packets that are composed so much earlier.
        let mut add = |from: i64, to: i64, earlier: i64| {
            let (from, to) = (from.max(begin), to.min(end));
            if from < to
                && let Some((packets, first)) = needed(track, from - earlier..to - earlier, usual)
            {
                let heard = place(from)..place(to);
                parts.push_back(Part { packets, first, start: from - earlier, at: heard.start, heard });
            }
        };
        let mut from = begin;
        for Gap { number, claimed } in &self.gaps {
            if *number == 0 {
                // Some writers begin every track at once: the gap lies before what the first packet holds.
                let late = claimed.end - usual;
                add(late, claimed.end, late - claimed.start);
            } else if claimed.end > from {
                add(from, claimed.end, 0);
            }
            from = from.max(claimed.end);
        }
        add(from, end, 0);
        parts
    }
}

/// The packets to decode for what is composed within `media`, those before it that a decoder must hear included, and the
/// first that is heard.
fn needed(track: &TrackIndex, media: Range<i64>, usual: i64) -> Option<(Range<u64>, (u64, i64))> {
    let (last, ..) = walk::at(track, media.end - 1)?;
    let (first, shown, _) = walk::at(track, media.start).unwrap_or((0, media.start, 0));
    let mut from = first.saturating_sub(roll(track, usual));
    if let Some(sync) = walk::sync_before(track, from + 1).filter(|sync| from - sync <= FARTHEST) {
        from = sync;
    }
    (from <= last).then_some((from..last + 1, (first, shown)))
}

/// How many packets before a place a decoder must hear to sound right there.
fn roll(track: &TrackIndex, usual: i64) -> u64 {
    match &track.entry().fourcc() {
        b"Opus" => {
            let ticks = ROLL_MS * i64::from(track.timescale.get()) / 1000;
            ((ticks + usual - 1) / usual).clamp(1, MOST_ROLL) as u64
        }
        b"fLaC" | b"alac" => 0,
        kind if is_raw(*kind) => 0,
        _ => 2,
    }
}

/// Whether each sample of a coding stands for itself: PCM, and the two laws of telephony.
fn is_raw(kind: FourCc) -> bool {
    matches!(
        &kind,
        b"raw "
            | b"NONE"
            | b"sowt"
            | b"twos"
            | b"lpcm"
            | b"ipcm"
            | b"fpcm"
            | b"in24"
            | b"in32"
            | b"fl32"
            | b"fl64"
            | b"ulaw"
            | b"alaw"
    )
}

/// How long packets of the track last: half of them as long or longer.
fn usual(track: &TrackIndex) -> i64 {
    let durations = &track.tables.durations;
    // Halved instead of sorted: a sort of the library weighs 3 KB.
    let (mut low, mut high) = (1, u32::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        let within = durations.runs().iter().filter(|(_, duration)| *duration <= middle);
        let within: u64 = within.map(|(count, _)| u64::from(*count)).sum();
        (low, high) = if within * 2 >= durations.total() { (low, middle) } else { (middle + 1, high) };
    }
    i64::from(low)
}

/// The packets that claim to last longer than the others by more than half of that, in codings where all are alike.
fn gaps(track: &TrackIndex, usual: i64) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if !matches!(&track.entry().fourcc(), b"mp4a" | b".mp3" | b"Opus") {
        return gaps;
    }
    for block in walk::Blocks::new(track).filter(|block| block.step > usual + usual / 2) {
        if gaps.len() as u64 + block.count > MOST_GAPS as u64 {
            return Vec::new();
        }
        for number in 0..block.count {
            let begin = block.shown() + number as i64 * block.step;
            gaps.push(Gap { number: block.first + number, claimed: begin..begin + block.step });
        }
    }
    gaps
}

fn is_plain(track: &TrackIndex, stretches: &[Stretch]) -> bool {
    let ([entry], [stretch], tables) = (track.entries.as_slice(), stretches, &track.tables) else { return false };
    let Some(coding) = entry.audio_codec() else { return false };
    let as_wanted = match coding {
        AudioCodec::Aac => {
            let config = entry.description().and_then(|config| aac::Config::parse(&config).ok());
            config.is_some_and(|config| (config.object, config.rate) == (2, 48_000))
        }
        // The last byte of an identification header of family 0 is the family.
        AudioCodec::Opus => entry.sound_description().is_some_and(|head| head.get(18) == Some(&0)),
    };
    let (channels, _) = entry.sound();
    let (scale, packet) = (u64::from(track.timescale.get()), u64::from(coding.packet()));
    let long = |duration: u32| u64::from(duration) * 48_000 == packet * scale;
    let alike = match tables.durations.runs() {
        [(_, all)] => long(*all),
        // The last one may be said to end with the sound.
        [(_, all), (1, last)] => long(*all) && last <= all,
        _ => false,
    };
    let length = tables.durations.first().map_or(0, i64::from);
    let in_place = track.start == 0 && tables.offsets.only() == Some(0) && (stretch.at, stretch.media.start) == (0, 0);
    let all = length.saturating_mul(i64::try_from(tables.samples()).unwrap_or(i64::MAX));
    let sized = tables.sizes.runs().iter().all(|(_, size)| (1..=LONGEST).contains(size));
    as_wanted
        && (1..=2).contains(&channels)
        && alike
        && in_place
        && sized
        && stretch.media.end > all.saturating_sub(length)
        && tables.chunks.iter().all(|chunk| chunk.entry == 0)
}

/// Ticks of `scale` in ticks of [`FINE`]; saturates.
fn fine(scale: Timescale, ticks: i64) -> i64 {
    let far = if ticks < 0 { i64::MIN } else { i64::MAX };
    scale.rescale(Ticks(ticks), FINE).map_or(far, |ticks| ticks.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::isobmff::edits::Edit;
    use crate::isobmff::tables::{Chunk, Tables};
    use crate::media::TrackKind;

    /// Packets of these durations, ten bytes each, in chunks of three.
    fn track(entry: SampleEntry, timescale: u32, durations: &[u32]) -> TrackIndex {
        let mut tables = Tables::default();
        for (number, &duration) in durations.iter().enumerate() {
            tables.durations.push(1, duration);
            tables.sizes.push(1, 10);
            tables.offsets.push(1, 0);
            tables.syncs.push(1, true);
            tables.duration += u64::from(duration);
            if number % 3 == 0 {
                let samples = (durations.len() - number).min(3) as u32;
                let offset = 100 * (number as u64 + 1);
                tables.chunks.push(Chunk { offset, samples, bytes: 10 * u64::from(samples), entry: 0 });
            }
        }
        let timescale = Timescale::new(timescale).unwrap();
        TrackIndex { entries: vec![entry], timescale, ..TrackIndex::of_samples(TrackKind::Audio, tables) }
    }

    fn aac(durations: &[u32], edits: Vec<Edit>) -> TrackIndex {
        TrackIndex { edits, ..track(SampleEntry::mp4a(&[0x11, 0x90], 2, 48_000).unwrap(), 48_000, durations) }
    }

    fn source(track: &TrackIndex) -> SoundSource {
        let index = FileIndex::made(vec![track.clone()], Timescale::new(48_000).unwrap(), 1 << 20);
        SoundSource::new(&index, track).unwrap()
    }

    /// Of each packet where it lies in the file and, in ticks of 1/48 000 s, in the film, and whether a decoder begins.
    fn walked(track: &TrackIndex) -> Vec<(u64, i64, bool)> {
        let mut source = source(track);
        let mut list = Vec::new();
        while let Some(packet) = source.poll_packet() {
            assert_eq!(packet.range.end - packet.range.start, 10);
            list.push((packet.range.start, packet.at.0 / 14_700, packet.anew));
        }
        list
    }

    #[test]
    fn packets_that_lie_from_the_beginning_on_can_be_copied() {
        let plain = |track: &TrackIndex| source(track).is_plain();
        assert!(plain(&aac(&[1024; 5], vec![])));
        assert!(plain(&aac(&[1024, 1024, 700], vec![])));
        assert!(plain(&aac(&[1024; 5], vec![Edit::media(5000, 0)])));
        assert!(!plain(&aac(&[1024; 5], vec![Edit::media(4000, 0)])), "a packet less");
        assert!(!plain(&aac(&[1024; 5], vec![Edit::media(4096, 1024)])), "priming");
        assert!(!plain(&aac(&[1024; 5], vec![Edit::empty(10), Edit::media(5120, 0)])));
        assert!(!plain(&aac(&[1024, 2048, 1024], vec![])));
        assert!(!plain(&TrackIndex { start: 5, ..aac(&[1024; 5], vec![]) }));
        let opus = |channels| SampleEntry::opus(&[], channels).unwrap();
        assert!(plain(&track(opus(2), 48_000, &[960; 5])) && plain(&track(opus(1), 16_000, &[320; 5])));
        assert!(!plain(&track(opus(2), 48_000, &[2880; 5])));
        assert!(!plain(&track(SampleEntry::mp4a(&[0x12, 0x10], 2, 44_100).unwrap(), 44_100, &[1024; 5])));
        assert!(!plain(&track(SampleEntry::mp4a(&[0x11, 0xb0], 6, 48_000).unwrap(), 48_000, &[1024; 5])));
        assert!(!plain(&track(SampleEntry::mp4a(&[0x29, 0x90], 2, 48_000).unwrap(), 48_000, &[1024; 5])), "HE-AAC");
    }

    #[test]
    fn decoding_begins_before_what_the_edit_list_shows() {
        // The first 1024 are priming; later an empty edit, then the end again.
        let edits = vec![Edit::media(1500, 1024), Edit::empty(100), Edit::media(1024, 4096)];
        let wanted = [
            (100, -1024, true),
            (110, 0, false),
            (120, 1024, false),
            (120, 1600 - 2048, true),
            (400, 1600 - 1024, false),
            (410, 1600, false),
        ];
        assert_eq!(walked(&aac(&[1024; 5], edits)), wanted);
        let heard =
            source(&aac(&[1024; 5], vec![Edit::empty(7), Edit::media(1500, 1024)])).poll_packet().unwrap().heard;
        assert_eq!(heard, 7 * 14_700..1507 * 14_700);
    }

    #[test]
    fn behind_a_gap_a_decoder_begins_anew_with_the_packets_before_it() {
        let track = aac(&[1024, 1024, 5024, 1024, 1024], vec![]);
        let wanted = [
            (100, 0, true),
            (110, 1024, false),
            (120, 2048, false),
            (110, 7072 - 2048, true),
            (120, 7072 - 1024, false),
            (400, 7072, false),
            (410, 8096, false),
        ];
        assert_eq!(walked(&track), wanted);
        // Before what the first packet holds, for some writers begin every track at once.
        assert_eq!(
            walked(&aac(&[3024, 1024, 1024], vec![]))[..3],
            [(100, 2000, true), (100, 2000, true), (110, 3024, false)]
        );
    }

    #[test]
    fn sound_that_is_not_compressed_comes_in_groups_and_empty_samples_in_none() {
        let entry = SampleEntry::opus(&[], 1).unwrap();
        let bytes = [&entry.bytes()[..4], b"sowt", &entry.bytes()[8..]].concat();
        let mut pcm = track(SampleEntry::parse(&bytes).unwrap(), 48_000, &[]);
        pcm.tables.durations.fill(100_000, 1);
        pcm.tables.sizes.fill(100_000, 2);
        pcm.tables.offsets.fill(100_000, 0);
        pcm.tables.syncs.fill(100_000, true);
        pcm.tables.duration = 100_000;
        pcm.tables.chunks = vec![Chunk { offset: 5, samples: 100_000, bytes: 200_000, entry: 0 }];
        let mut pcm = source(&pcm);
        let first = pcm.poll_packet().unwrap();
        assert_eq!((first.range, first.at), (5..12_005, Ticks(0)));
        let second = pcm.poll_packet().unwrap();
        assert_eq!((second.range.start, second.at, second.anew), (12_005, Ticks(6000 * 14_700), false));
        let mut empty = aac(&[], vec![]);
        let most = u32::MAX;
        empty.tables.durations.push(most, 0);
        empty.tables.sizes.push(most, 0);
        empty.tables.offsets.push(most, 0);
        empty.tables.syncs.push(most, true);
        empty.tables.chunks = vec![Chunk { offset: 5, samples: most, bytes: 0, entry: 0 }];
        assert_eq!(source(&empty).poll_packet(), None);
    }

    proptest! {
        #![proptest_config(super::super::seeded())]

        #[test]
        fn whatever_tables_and_edits_say_packets_lie_in_their_chunks_and_end(
            runs in prop::collection::vec((1..40_u32, 0..9000_u32, 0..50_u32, -3000..3000_i32, any::<bool>()), 1..8),
            edits in prop::collection::vec((0..20_000_u64, prop::option::of(-5000..90_000_i64)), 0..6),
            start in 0..5000_u64,
            timescale in prop::sample::select(vec![1_u32, 600, 8_000, 44_100, 48_000, u32::MAX]),
            raw in any::<bool>(),
        ) {
            let mut tables = Tables::default();
            let mut bytes = 0;
            for &(count, duration, size, offset, sync) in &runs {
                tables.durations.push(count, duration);
                tables.sizes.push(count, size);
                tables.offsets.push(count, offset);
                tables.syncs.push(count, sync);
                tables.duration += u64::from(count) * u64::from(duration);
                let chunk = Chunk { offset: bytes, samples: count, bytes: u64::from(count * size), entry: 0 };
                bytes = chunk.end();
                tables.chunks.push(chunk);
            }
            let list = edits.iter().map(|(duration, start)| Edit { duration: *duration, start: *start, rate: Edit::NORMAL });
            let entry = SampleEntry::opus(&[], 1).unwrap();
            let kind = if raw { b"sowt" } else { b"Opus" };
            let entry = SampleEntry::parse(&[&entry.bytes()[..4], kind, &entry.bytes()[8..]].concat()).unwrap();
            let track = TrackIndex { edits: list.collect(), start, ..track(entry, timescale, &[]) };
            let track = TrackIndex { tables, ..track };
            let mut source = source(&track);
            let mut packets = 0;
            while let Some(packet) = source.poll_packet() {
                packets += 1;
                prop_assert!(packet.range.start < packet.range.end && packet.range.end <= bytes);
                prop_assert!(packet.heard.start < packet.heard.end);
                prop_assert!(packets <= 8 * 400 * 400, "no end");
            }
            prop_assert_eq!(source.poll_packet(), None);
        }
    }

    #[test]
    fn a_decoder_is_told_of_opus_without_pre_skip() {
        let coding = source(&track(SampleEntry::opus(&[], 2).unwrap(), 48_000, &[960])).coding(0).unwrap();
        assert_eq!((coding.codec.as_str(), coding.channels, coding.rate), ("opus", 2, 48_000));
        assert_eq!(coding.description.unwrap()[8..12], [1, 2, 0, 0]);
    }
}
