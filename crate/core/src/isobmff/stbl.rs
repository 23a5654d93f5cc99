//! `stbl` (ISO/IEC 14496-12 s.8.5.1) read into run-length [`Tables`], straight from the bytes of its boxes: memory grows
//! with their rows, never with the samples they state. Tables of real files contradict each other; what is done
//! then is what ffmpeg does, the reader most of them were tried with.

mod syncs;

use super::read::{Child, be32, u16_at, u32_at};
use super::tables::{Chunk, Runs, Tables};
use super::{BoxError, FourCc};

/// How a sound entry packs its samples where `stts` counts single ticks: QuickTime's tables then speak of PCM frames,
/// whatever size they state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packing {
    /// Bytes of one PCM frame, 0 for codings that are not PCM.
    pub(crate) frame: u32,
    /// Frames in a packet of `packet_bytes` bytes, where the coding packs a fixed number of them; else 0 or 1.
    pub(crate) packet_frames: u32,
    /// Bytes of such a packet.
    pub(crate) packet_bytes: u32,
}

/// The tables of a track with so many sample entries; `sound` for audio. Chunk offsets count from the start of the
/// file and may lie anywhere.
///
/// # Errors
/// [`BoxError`] where a table has no fields at all, or `stsc` begins chunks that `stco` does not have.
pub(crate) fn read(stbl: &Child<'_>, entries: u32, sound: Option<Packing>) -> Result<Tables, BoxError> {
    let boxes = Boxes::find(stbl)?;
    let (Some(sizes), Some(places), Some(stsc), Some(stts)) = (boxes.sizes, boxes.places, boxes.stsc, boxes.stts)
    else {
        return Ok(Tables::default());
    };
    let (sizes, places, stts) = (Sizes::read(&sizes)?, Places::read(&places)?, Rows::read(&stts, 8)?);
    let steps = steps(&Rows::read(&stsc, 12)?);
    let Some(last) = steps.last().filter(|_| stts.count > 0 && places.rows.count > 0) else {
        return Ok(Tables::default());
    };
    if u64::from(last.first) > places.rows.count as u64 {
        return Err(stsc.wrong(format!("chunk {} of {}", last.first, places.rows.count)));
    }
    let held = held(&steps, places.rows.count as u64);
    // One tick a sample: PCM, whose samples are counted by chunks alone.
    let packing = sound.filter(|_| stts.count == 1 && stts.word(0, 1) == 1);
    let packing =
        packing.filter(|packing| packing.frame > 0 || packing.packet_frames > 1 || sizes.constant().is_some());
    if let Some(packing) = packing {
        let size = if packing.frame > 0 { packing.frame } else { sizes.constant().unwrap_or(0) };
        return Ok(packed(&steps, &places, entries, &Packing { frame: size, ..packing }));
    }
    let samples = sizes.count().min(held);
    let mut tables = Tables { sizes: sizes.runs(samples), ..Tables::default() };
    tables.durations = durations(&stts, samples);
    tables.duration = tables.durations.runs().iter().map(|&(count, value)| u64::from(count) * u64::from(value)).sum();
    tables.offsets = offsets(boxes.ctts.as_ref(), samples)?;
    tables.syncs = syncs::read(&boxes, samples, sound.is_some())?;
    tables.chunks = chunks(&steps, &places, entries, &tables.sizes);
    Ok(tables)
}

/// The boxes of `stbl`; the first of each.
#[derive(Default)]
struct Boxes<'a> {
    stts: Option<Child<'a>>,
    ctts: Option<Child<'a>>,
    /// `stsz` or `stz2`.
    sizes: Option<Child<'a>>,
    stsc: Option<Child<'a>>,
    /// `stco` or `co64`.
    places: Option<Child<'a>>,
    stss: Option<Child<'a>>,
    /// QuickTime's partial sync samples.
    stps: Option<Child<'a>>,
    /// The sample group of random access points, `sbgp` of type `rap `.
    rap: Option<Child<'a>>,
}

/// The boxes whose rows are read.
const TABLES: [FourCc; 9] = [*b"stts", *b"ctts", *b"stsz", *b"stz2", *b"stsc", *b"stco", *b"co64", *b"stss", *b"stps"];

impl<'a> Boxes<'a> {
    fn find(stbl: &Child<'a>) -> Result<Boxes<'a>, BoxError> {
        let mut boxes = Boxes::default();
        for child in stbl.heeding(&TABLES) {
            let child = child?;
            let slot = match &child.kind {
                b"stts" => &mut boxes.stts,
                b"ctts" => &mut boxes.ctts,
                b"stsz" | b"stz2" => &mut boxes.sizes,
                b"stsc" => &mut boxes.stsc,
                b"stco" | b"co64" => &mut boxes.places,
                b"stss" => &mut boxes.stss,
                b"stps" => &mut boxes.stps,
                b"sbgp" if child.body.get(4..8) == Some(b"rap ") => &mut boxes.rap,
                _ => continue,
            };
            slot.get_or_insert(child);
        }
        Ok(boxes)
    }
}

/// A table of rows of big-endian words; rows that its box has no bytes for do not count.
#[derive(Clone, Copy)]
struct Rows<'a> {
    bytes: &'a [u8],
    width: usize,
    count: usize,
}

impl<'a> Rows<'a> {
    /// The table whose count stands behind version and flags.
    fn read(child: &Child<'a>, width: usize) -> Result<Rows<'a>, BoxError> {
        Rows::at(child, 4, width)
    }

    /// The table whose count stands so many bytes into the body.
    fn at(child: &Child<'a>, at: usize, width: usize) -> Result<Rows<'a>, BoxError> {
        let stated = u32_at(child.body, at).ok_or_else(|| child.torn(at as u64 + 4))?;
        let bytes = &child.body[at + 4..];
        Ok(Rows { bytes, width, count: (stated as usize).min(bytes.len() / width) })
    }

    /// This word of this row, which there is.
    fn word(&self, row: usize, word: usize) -> u32 {
        be32(self.bytes, row * self.width + 4 * word)
    }
}

/// `stsz` or `stz2`, s.8.7.3.
#[derive(Clone, Copy)]
enum Sizes<'a> {
    Constant {
        size: u32,
        count: u32,
    },
    /// So many numbers of so many bits each.
    Table {
        bytes: &'a [u8],
        bits: usize,
        count: usize,
    },
}

impl<'a> Sizes<'a> {
    fn read(child: &Child<'a>) -> Result<Sizes<'a>, BoxError> {
        let field = |at: usize| u32_at(child.body, at).ok_or_else(|| child.torn(at as u64 + 4));
        let (first, count) = (field(4)?, field(8)?);
        let bytes = &child.body[12..];
        let bits = match (child.kind == *b"stz2", first) {
            (false, 0) => 32,
            (false, size) => return Ok(Sizes::Constant { size, count }),
            (true, word) => match word & 0xff {
                bits @ (4 | 8 | 16) => bits as usize,
                bits => return Err(child.wrong(format!("sizes of {bits} bits"))),
            },
        };
        Ok(Sizes::Table { bytes, bits, count: (count as usize).min(bytes.len().saturating_mul(8) / bits) })
    }

    fn count(&self) -> u64 {
        match self {
            Sizes::Constant { count, .. } => u64::from(*count),
            Sizes::Table { count, .. } => *count as u64,
        }
    }

    fn constant(&self) -> Option<u32> {
        match self {
            Sizes::Constant { size, .. } => Some(*size),
            Sizes::Table { .. } => None,
        }
    }

    /// The first so many, which there are.
    fn runs(&self, samples: u64) -> Runs<u32> {
        let mut runs = Runs::default();
        match *self {
            Sizes::Constant { size, .. } => runs.fill(samples, size),
            Sizes::Table { bytes, bits, .. } => {
                let size = |index: usize| match bits {
                    16 => u16_at(bytes, 2 * index).map_or(0, u32::from),
                    8 => u32::from(bytes[index]),
                    // The first of two is in the upper half.
                    _ => u32::from(bytes[index / 2] >> (4 * (1 - index % 2)) & 15),
                };
                let samples = samples as usize;
                // Nearly all tables, and of all tables the longest.
                if bits == 32 {
                    return Runs::of_words(bytes.get(..4 * samples).unwrap_or(bytes));
                }
                runs.reserve(samples);
                (0..samples).for_each(|index| runs.push(1, size(index)));
                runs.shrink();
            }
        }
        runs
    }
}

/// `stco` or `co64`, s.8.7.5.
#[derive(Clone, Copy)]
struct Places<'a> {
    rows: Rows<'a>,
}

impl<'a> Places<'a> {
    fn read(child: &Child<'a>) -> Result<Places<'a>, BoxError> {
        Ok(Places { rows: Rows::read(child, if child.kind == *b"co64" { 8 } else { 4 })? })
    }

    /// Where this chunk lies, which there is.
    #[inline(always)]
    fn get(&self, chunk: usize) -> u64 {
        match self.rows.width {
            8 => u64::from(be32(self.rows.bytes, 8 * chunk)) << 32 | u64::from(be32(self.rows.bytes, 8 * chunk + 4)),
            _ => u64::from(be32(self.rows.bytes, 4 * chunk)),
        }
    }
}

/// A row of `stsc`, s.8.7.4: from this chunk on, counted from 1, so many samples a chunk.
#[derive(Clone, Copy, Default)]
struct Step {
    first: u32,
    samples: u32,
    entry: u32,
}

/// `stsc` with its rows put right as ffmpeg does, from the last one back: chunks rise, nothing is zero.
fn steps(rows: &Rows<'_>) -> Vec<Step> {
    let positive = |value: u32| (1..=i32::MAX.cast_unsigned()).contains(&value);
    let mut steps = vec![Step::default(); rows.count];
    let places = steps.as_mut_slice();
    // Rows that rise from 1 or more are never less than their own number.
    let (mut right, mut before, mut row) = (true, 0, 0);
    while row < rows.count {
        let at = 12 * row;
        let step =
            Step { first: be32(rows.bytes, at), samples: be32(rows.bytes, at + 4), entry: be32(rows.bytes, at + 8) };
        right &= positive(step.first) && step.first > before && positive(step.samples) && positive(step.entry);
        before = step.first;
        places[row] = step;
        row += 1;
    }
    if !right {
        put_right(&mut steps, positive);
    }
    steps
}

fn put_right(steps: &mut Vec<Step>, positive: impl Fn(u32) -> bool) {
    for index in (0..steps.len()).rev() {
        let least = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let Step { first, samples, entry } = steps[index];
        let before = index.checked_sub(1).map(|before| steps[before].first);
        let after = steps.get(index + 1).copied();
        let right = positive(first)
            && first >= least
            && before.is_none_or(|before| first > before)
            && after.is_none_or(|after| first < after.first)
            && positive(samples)
            && positive(entry);
        if right {
            continue;
        }
        match after {
            Some(after) => steps[index] = Step { first: (after.first - 1).max(least), ..after },
            None if samples == 0 && index > 0 => {
                steps.pop();
            }
            None => {
                let first = if positive(first) { first.max(least) } else { least };
                let first =
                    before.map_or(first, |before| if first <= before { before.saturating_add(1) } else { first });
                let one = |value| if positive(value) { value } else { 1 };
                steps[index] = Step { first, samples: one(samples), entry: one(entry) };
            }
        }
    }
}

/// How many samples so many chunks hold.
fn held(steps: &[Step], chunks: u64) -> u64 {
    // What the first row says holds from chunk 1 on, wherever it begins.
    let (mut held, mut first, mut row) = (0_u64, 1, 0);
    while row < steps.len() {
        let end = if row + 1 < steps.len() { u64::from(steps[row + 1].first) } else { chunks + 1 };
        held = held.saturating_add(end.saturating_sub(first) * u64::from(steps[row].samples));
        first = end;
        row += 1;
    }
    held
}

/// What `stsc` says of the chunks, one after the other: samples, and sample entry from 0.
struct Walk<'a> {
    steps: &'a [Step],
    /// Sample entries that `stsd` has.
    entries: u32,
    step: usize,
    chunk: u32,
    entry: u32,
}

impl<'a> Walk<'a> {
    fn new(steps: &'a [Step], entries: u32) -> Walk<'a> {
        Walk { steps, entries, step: 0, chunk: 0, entry: 0 }
    }

    /// The next chunk, of as many as `stco` has.
    #[inline(always)]
    fn next(&mut self) -> (u32, u32) {
        self.chunk += 1;
        if self.step + 1 < self.steps.len() && self.steps[self.step + 1].first == self.chunk {
            self.step += 1;
        }
        let step = &self.steps[self.step];
        // One that `stsd` does not have: the samples go on as they were.
        if step.entry <= self.entries {
            self.entry = step.entry - 1;
        }
        (step.samples, self.entry)
    }
}

/// The chunks of these samples; the last one may be cut short.
fn chunks(steps: &[Step], places: &Places<'_>, entries: u32, sizes: &Runs<u32>) -> Vec<Chunk> {
    let mut left = sizes.total();
    let (mut runs, mut run) = (sizes.runs(), (0, 0));
    let most = places.rows.count.min(usize::try_from(left).unwrap_or(usize::MAX));
    let mut chunks = vec![Chunk::default(); most];
    let slots = chunks.as_mut_slice();
    let mut walk = Walk::new(steps, entries);
    let mut chunk = 0;
    while chunk < most && left > 0 {
        let (samples, entry) = walk.next();
        let samples = if u64::from(samples) < left { samples } else { left as u32 };
        left -= u64::from(samples);
        let (mut wanted, mut bytes) = (samples, 0_u64);
        while wanted > 0 {
            if run.0 == 0 {
                // There are as many sizes as samples.
                (run, runs) = runs.split_first().map_or(((wanted, 0), runs), |(run, runs)| (*run, runs));
            }
            let some = if wanted < run.0 { wanted } else { run.0 };
            bytes += u64::from(some) * u64::from(run.1);
            run.0 -= some;
            wanted -= some;
        }
        slots[chunk] = Chunk { offset: places.get(chunk), samples, bytes, entry };
        chunk += 1;
    }
    chunks.truncate(chunk);
    chunks
}

/// The tables of PCM: every chunk holds what `stsc` says. Where several frames make a packet, packets are the samples.
fn packed(steps: &[Step], places: &Places<'_>, entries: u32, packing: &Packing) -> Tables {
    let frames = if packing.packet_frames > 1 && packing.packet_bytes > 0 { packing.packet_frames } else { 1 };
    let size = if frames > 1 { packing.packet_bytes } else { packing.frame };
    let mut tables = Tables { chunks: Vec::with_capacity(places.rows.count), ..Tables::default() };
    let mut walk = Walk::new(steps, entries);
    for chunk in 0..places.rows.count {
        let (samples, entry) = walk.next();
        let samples = samples / frames;
        if samples > 0 {
            let bytes = u64::from(samples) * u64::from(size);
            tables.chunks.push(Chunk { offset: places.get(chunk), samples, bytes, entry });
            tables.sizes.push(samples, size);
            tables.durations.push(samples, frames);
            tables.offsets.push(samples, 0);
            tables.syncs.push(samples, true);
            tables.duration = tables.duration.saturating_add(u64::from(samples) * u64::from(frames));
        }
    }
    tables
}

/// `stts`, s.8.6.1.2. Where it ends early, its last row goes on.
fn durations(stts: &Rows<'_>, samples: u64) -> Runs<u32> {
    let mut runs = Runs::default();
    runs.reserve(stts.count);
    // Decode times as the rows add up to, and as they should where a huge duration stands for a negative one.
    let (mut now, mut due) = (0_i128, 0_i128);
    let (mut left, mut last) = (samples, 0);
    for row in 0..stts.count {
        let (count, stated) = (stts.word(row, 0), stts.word(row, 1));
        let mut duration = stated;
        if stated > LARGEST_DURATION {
            duration = 1;
            let meant = i128::from(stated.cast_signed());
            due += if meant < 0 { meant } else { 1 } * i128::from(count);
        } else {
            due += i128::from(stated) * i128::from(count);
        }
        now += i128::from(duration) * i128::from(count);
        if now > due {
            let drift = (now - due) / i128::from(count.max(1));
            let by = drift.min(i128::from(duration) - 1).max(0);
            now -= by * i128::from(count);
            // At most `duration`, so it fits.
            duration -= by as u32;
        }
        let some = u64::from(count).min(left);
        runs.fill(some, duration);
        left -= some;
        last = duration;
    }
    runs.fill(left, last);
    runs
}

/// Durations above stand for negative ones.
const LARGEST_DURATION: u32 = u32::MAX - 480_000;

/// `ctts`, s.8.6.1.3, signed in both versions. Where it ends early, what follows has no offset.
fn offsets(ctts: Option<&Child<'_>>, samples: u64) -> Result<Runs<i32>, BoxError> {
    let mut runs = Runs::default();
    let mut left = samples;
    if let Some(ctts) = ctts {
        let rows = Rows::read(ctts, 8)?;
        let value = |row: usize| rows.word(row, 1).cast_signed();
        // One such value makes ffmpeg disbelieve the whole table.
        let absurd = (0..rows.count.saturating_sub(2)).any(|row| value(row).unsigned_abs() > 1 << 28);
        if !absurd {
            runs.reserve(rows.count + 1);
            for row in 0..rows.count {
                let count = rows.word(row, 0);
                let some = if count > i32::MAX.cast_unsigned() { 0 } else { u64::from(count).min(left) };
                runs.fill(some, value(row));
                left -= some;
            }
        }
    }
    runs.fill(left, 0);
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isobmff::Path;
    use crate::isobmff::write::full;

    /// Boxes of `stbl` by type; the words are what follows version and flags.
    fn table(boxes: &[(&[u8; 4], &[u32])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, words) in boxes {
            full(&mut bytes, **kind, 0, 0, |out| words.iter().for_each(|word| out.extend(word.to_be_bytes())));
        }
        bytes
    }

    fn tables(boxes: &[(&[u8; 4], &[u32])], sound: Option<Packing>) -> Result<Tables, BoxError> {
        let bytes = table(boxes);
        read(&Child { kind: *b"stbl", path: Path::top(*b"stbl"), bytes: &bytes, body: &bytes }, 2, sound)
    }

    /// Five samples of 1 to 5 bytes in chunks of two, with some boxes in the place of the usual ones.
    fn five(other: &[(&[u8; 4], &[u32])]) -> Tables {
        let mut boxes: Vec<(&[u8; 4], &[u32])> = vec![
            (b"stts", &[1, 5, 10]),
            (b"stsz", &[0, 5, 1, 2, 3, 4, 5]),
            (b"stsc", &[1, 1, 2, 1]),
            (b"stco", &[3, 100, 200, 300]),
        ];
        boxes.retain(|(kind, _)| other.iter().all(|(other, _)| other != kind));
        boxes.extend(other.iter().filter(|(_, words)| !words.is_empty()));
        tables(&boxes, None).unwrap()
    }

    fn chunks(tables: &Tables) -> Vec<(u64, u32, u64, u32)> {
        tables.chunks.iter().map(|chunk| (chunk.offset, chunk.samples, chunk.bytes, chunk.entry)).collect()
    }

    fn list<T: Copy + PartialEq>(runs: &Runs<T>) -> Vec<T> {
        runs.iter().collect()
    }

    #[test]
    fn tables_that_agree_are_taken_as_they_are() {
        let plain = five(&[(b"ctts", &[2, 1, 5, 4, u32::MAX]), (b"stss", &[2, 1, 4])]);
        assert_eq!(chunks(&plain), [(100, 2, 3, 0), (200, 2, 7, 0), (300, 1, 5, 0)]);
        assert_eq!((list(&plain.sizes), plain.duration), (vec![1, 2, 3, 4, 5], 50));
        assert_eq!(
            (list(&plain.offsets), list(&plain.syncs)),
            (vec![5, -1, -1, -1, -1], vec![true, false, false, true, false])
        );
        let wide = five(&[(b"stco", &[]), (b"co64", &[3, 1, 0, 2, 0, 3, 0])]);
        assert_eq!(chunks(&wide)[2], (3 << 32, 1, 5, 0));
        let half = five(&[(b"stsz", &[]), (b"stz2", &[4, 5, 0x1234_5000])]);
        assert_eq!(list(&half.sizes), [1, 2, 3, 4, 5]);
        let entries = five(&[(b"stsc", &[2, 1, 2, 2, 3, 1, 1])]);
        assert_eq!(chunks(&entries).iter().map(|chunk| chunk.3).collect::<Vec<_>>(), [1, 1, 0]);
    }

    #[test]
    fn tables_that_contradict_each_other_are_cut_or_go_on_as_in_ffmpeg() {
        // More chunks than samples, more samples than chunks.
        assert_eq!(chunks(&five(&[(b"stco", &[4, 1, 2, 3, 4])])).len(), 3);
        assert_eq!(five(&[(b"stco", &[2, 1, 2])]).samples(), 4);
        // Short tables: the last duration goes on, offsets and marks end.
        assert_eq!(list(&five(&[(b"stts", &[2, 1, 7, 1, 9])]).durations), [7, 9, 9, 9, 9]);
        assert_eq!(list(&five(&[(b"ctts", &[1, 2, 3])]).offsets), [3, 3, 0, 0, 0]);
        assert_eq!(list(&five(&[(b"stss", &[3, 2, 2, 4])]).syncs), [false, true, false, false, false]);
        assert_eq!(list(&five(&[(b"stss", &[0])]).syncs), [true, false, false, false, false]);
        // A duration that stands for a negative one is made up for by the next.
        assert_eq!(list(&five(&[(b"stts", &[3, 1, 10, 1, u32::MAX - 4, 3, 10])]).durations), [10, 1, 8, 8, 8]);
        // Rows that the box has no bytes for, and a row of nothing.
        assert_eq!(list(&five(&[(b"stsz", &[0, u32::MAX, 6, 7])]).sizes), [6, 7]);
        assert_eq!(chunks(&five(&[(b"stsc", &[2, 1, 0, 1, 2, 2, 1])])).len(), 3);
        assert_eq!(chunks(&five(&[(b"stsc", &[2, 1, 2, 1, 1, 0, 1])])).len(), 3);
        // A sample entry that there is not.
        assert_eq!(chunks(&five(&[(b"stsc", &[2, 1, 2, 2, 2, 2, 9])]))[1].3, 1);
        let beyond =
            tables(&[(b"stts", &[1, 1, 1]), (b"stsz", &[1, 1]), (b"stsc", &[1, 3, 1, 1]), (b"stco", &[1, 0])], None);
        assert_eq!(beyond.unwrap_err().to_string(), "stbl/stsc: chunk 3 of 1");
        assert_eq!(five(&[(b"stco", &[0])]), Tables::default());
    }

    #[test]
    fn other_marks_count_too() {
        let marks = |boxes: &[(&[u8; 4], &[u32])]| list(&five(boxes).syncs);
        assert_eq!(marks(&[(b"stss", &[1, 1]), (b"stps", &[1, 3])]), [true, false, true, false, false]);
        let rap = u32::from_be_bytes(*b"rap ");
        assert_eq!(marks(&[(b"stss", &[1, 1]), (b"sbgp", &[rap, 2, 3, 0, 1, 1])]), [true, false, false, true, false]);
        assert_eq!(marks(&[]), [true; 5]);
    }

    #[test]
    fn single_ticks_of_sound_are_frames_of_pcm_in_chunks() {
        let boxes: [(&[u8; 4], &[u32]); 4] = [
            (b"stts", &[1, 130, 1]),
            (b"stsz", &[1, 130]),
            (b"stsc", &[2, 1, 64, 1, 2, 66, 1]),
            (b"stco", &[2, 100, 900]),
        ];
        let plain = tables(&boxes, Some(Packing { frame: 4, packet_frames: 1, packet_bytes: 4 })).unwrap();
        assert_eq!(chunks(&plain), [(100, 64, 256, 0), (900, 66, 264, 0)]);
        let packets = tables(&boxes, Some(Packing { frame: 0, packet_frames: 64, packet_bytes: 34 })).unwrap();
        assert_eq!(chunks(&packets), [(100, 1, 34, 0), (900, 1, 34, 0)]);
        assert_eq!((list(&packets.durations), packets.duration), (vec![64, 64], 128));
        assert_eq!(chunks(&tables(&boxes, Some(Packing::default())).unwrap()), [(100, 64, 64, 0), (900, 66, 66, 0)]);
        assert_eq!(tables(&boxes, None).unwrap().samples(), 130);
    }

    #[test]
    fn four_billion_samples_cost_a_run() {
        let most = u32::MAX;
        let all = tables(
            &[
                (b"stts", &[1, most, 1]),
                (b"stsz", &[7, most]),
                (b"stsc", &[1, 1, 0x7fff_ffff, 1]),
                (b"stco", &[3, 0, 0, 0]),
            ],
            None,
        );
        let all = all.unwrap();
        assert_eq!((all.samples(), all.sizes.runs().len(), all.chunks.len()), (u64::from(most), 1, 3));
    }
}
