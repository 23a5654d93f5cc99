//! Sample tables of one track, run-length: durations, sizes, composition offsets, sync marks and chunks. They grow with
//! the number of runs, never with the number of samples alone, and no list of samples is ever made from them.

use super::read::be32;

/// Equal values in a row, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs<T> {
    runs: Vec<(u32, T)>,
    total: u64,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Runs { runs: Vec::new(), total: 0 }
    }
}

impl<T: Copy + PartialEq> Runs<T> {
    /// Appends `count` times `value`.
    pub fn push(&mut self, count: u32, value: T) {
        if count == 0 {
            return;
        }
        self.total += u64::from(count);
        if let Some((last, same)) = self.runs.last_mut()
            && *same == value
            && let Some(sum) = last.checked_add(count)
        {
            *last = sum;
            return;
        }
        self.runs.push((count, value));
    }

    /// Appends `count` times `value`, more than fit one run if it must be.
    pub fn fill(&mut self, mut count: u64, value: T) {
        while count > 0 {
            let some = u32::try_from(count).unwrap_or(u32::MAX);
            self.push(some, value);
            count -= u64::from(some);
        }
    }

    /// Makes room for exactly so many runs more.
    pub fn reserve(&mut self, runs: usize) {
        self.runs.reserve_exact(runs);
    }

    /// Gives back the room that is not used.
    pub fn shrink(&mut self) {
        self.runs.shrink_to_fit();
    }

    /// Keeps the first so many values.
    pub fn truncate(&mut self, values: u64) {
        while let Some(&(count, value)) = self.runs.last() {
            let before = self.total - u64::from(count);
            if before < values {
                // What stays of the run is at most the run.
                let stays = (values - before).min(u64::from(count)) as u32;
                self.runs.pop();
                self.runs.push((stays, value));
                self.total = before + u64::from(stays);
                break;
            }
            self.runs.pop();
            self.total = before;
        }
    }

    /// Appends all of `other`.
    pub fn extend(&mut self, other: &Runs<T>) {
        for &(count, value) in &other.runs {
            self.push(count, value);
        }
    }

    /// Takes the last value away, if there is one.
    pub fn pop(&mut self) -> Option<T> {
        let (count, value) = self.runs.last_mut()?;
        let value = *value;
        *count -= 1;
        if *count == 0 {
            self.runs.pop();
        }
        self.total -= 1;
        Some(value)
    }

    /// The runs as (count, value), in order; counts are not zero.
    pub fn runs(&self) -> &[(u32, T)] {
        &self.runs
    }

    /// Every value, one at a time.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.runs.iter().flat_map(|&(count, value)| std::iter::repeat_n(value, count as usize))
    }

    /// How many values there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The first value.
    pub fn first(&self) -> Option<T> {
        self.runs.first().map(|&(_, value)| value)
    }

    /// The last value.
    pub fn last(&self) -> Option<T> {
        self.runs.last().map(|&(_, value)| value)
    }

    /// The value all of them have.
    pub fn only(&self) -> Option<T> {
        match self.runs.as_slice() {
            [(_, first), rest @ ..] if rest.iter().all(|(_, value)| value == first) => Some(*first),
            _ => None,
        }
    }
}

impl Runs<u32> {
    /// Of big-endian words, of which a film has tens of thousands; bytes after the last whole one are left out.
    pub(crate) fn of_words(bytes: &[u8]) -> Runs<u32> {
        let words = bytes.len() / 4;
        let mut runs = vec![(0, 0); words];
        let places = runs.as_mut_slice();
        // The run that is being counted.
        let (mut last, mut word) = (0, 0);
        while word < words {
            let value = be32(bytes, 4 * word);
            if word > 0 && places[last].1 != value {
                last += 1;
            }
            // Fewer than 2^30 words fit a `moov`.
            places[last] = (places[last].0 + 1, value);
            word += 1;
        }
        runs.truncate(if words > 0 { last + 1 } else { 0 });
        runs.shrink_to_fit();
        Runs { runs, total: words as u64 }
    }
}

/// Samples of one track that lie in a row in the file (ISO/IEC 14496-12 s.8.7.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Where its first byte lies; from where is said by whoever holds it.
    pub offset: u64,
    /// Its samples; not zero.
    pub samples: u32,
    /// Its bytes, the sum of its samples' sizes.
    pub bytes: u64,
    /// Which of the track's sample entries they are decoded by, counted from 0 (`sample_description_index` less 1).
    pub entry: u32,
}

impl Chunk {
    /// The offset after its last byte. Saturates; readers refuse chunks beyond the file.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.bytes)
    }
}

/// The sample tables of one track. Every table but `chunks` has one value a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Decoding durations, in ticks of the track.
    pub durations: Runs<u32>,
    /// Sizes in bytes.
    pub sizes: Runs<u32>,
    /// Composition offsets, in ticks of the track.
    pub offsets: Runs<i32>,
    /// Whether decoding can start at the sample.
    pub syncs: Runs<bool>,
    /// Where the samples lie.
    pub chunks: Vec<Chunk>,
    /// The sum of `durations`, in ticks of the track.
    pub duration: u64,
}

impl Tables {
    /// How many samples there are.
    pub fn samples(&self) -> u64 {
        self.sizes.total()
    }

    /// Appends the tables of `other`, every chunk of it moved to where `place` says.
    pub fn append(&mut self, other: &Tables, place: impl Fn(u64) -> u64) {
        self.durations.extend(&other.durations);
        self.sizes.extend(&other.sizes);
        self.offsets.extend(&other.offsets);
        self.syncs.extend(&other.syncs);
        self.chunks.extend(other.chunks.iter().map(|chunk| Chunk { offset: place(chunk.offset), ..*chunk }));
        self.duration = self.duration.saturating_add(other.duration);
    }

    /// Leaves out every sample from the first one on whose bytes end after `length`. The number of that one, counted from
    /// 0; `None` where all lie inside.
    pub fn keep_within(&mut self, length: u64) -> Option<u64> {
        let place = self.chunks.iter().position(|chunk| chunk.end() > length)?;
        let before: u64 = self.chunks[..place].iter().map(|chunk| u64::from(chunk.samples)).sum();
        let mut room = length.checked_sub(self.chunks[place].offset);
        let (mut skip, mut samples, mut bytes) = (before, 0_u32, 0_u64);
        for &(count, size) in self.sizes.runs() {
            let skipped = skip.min(u64::from(count));
            skip -= skipped;
            let Some(left) = room.filter(|_| skipped < u64::from(count)) else { continue };
            let here = (u64::from(count) - skipped).min(u64::from(self.chunks[place].samples - samples));
            let fit = left.checked_div(u64::from(size)).map_or(here, |fit| fit.min(here));
            samples += fit as u32;
            bytes += fit * u64::from(size);
            room = if fit < here { None } else { Some(left - fit * u64::from(size)) };
        }
        self.chunks.truncate(place + usize::from(samples > 0));
        if samples > 0 {
            self.chunks[place] = Chunk { samples, bytes, ..self.chunks[place] };
        }
        let kept = before + u64::from(samples);
        self.durations.truncate(kept);
        self.sizes.truncate(kept);
        self.offsets.truncate(kept);
        self.syncs.truncate(kept);
        let ticks = |&(count, value): &(u32, u32)| u64::from(count) * u64::from(value);
        self.duration = self.durations.runs().iter().map(ticks).fold(0, u64::saturating_add);
        Some(kept)
    }

    /// Takes the last sample away; its duration, if there was one.
    pub fn pop(&mut self) -> Option<u32> {
        let duration = self.durations.pop()?;
        self.duration -= u64::from(duration);
        let size = self.sizes.pop().unwrap_or(0);
        self.offsets.pop();
        self.syncs.pop();
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.samples -= 1;
            chunk.bytes -= u64::from(size);
            if chunk.samples == 0 {
                self.chunks.pop();
            }
        }
        Some(duration)
    }

    /// Takes so many ticks from the durations of the last samples, from the end on; those used up last 0.
    pub fn shorten(&mut self, ticks: u64) {
        let (mut left, mut empty) = (ticks.min(self.duration), 0);
        self.duration -= left;
        while let Some(&(count, value)) = self.durations.runs().last().filter(|_| left > 0) {
            let total = self.durations.total();
            let used = left.checked_div(u64::from(value)).map_or(u64::from(count), |used| used.min(u64::from(count)));
            self.durations.truncate(total - used);
            left -= used * u64::from(value);
            empty += used;
            if used < u64::from(count) && left > 0 {
                self.durations.truncate(total - used - 1);
                // Less than `value`, or one sample more would be used.
                self.durations.push(1, value - left as u32);
                left = 0;
            }
        }
        self.durations.fill(empty, 0);
    }

    /// Gives the last sample, if there is one, this duration.
    pub fn set_last_duration(&mut self, duration: u32) {
        if let Some(before) = self.durations.pop() {
            self.durations.push(1, duration);
            self.duration = self.duration - u64::from(before) + u64::from(duration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_merge_and_come_apart() {
        let mut runs = Runs::default();
        for value in [3, 3, 3, 5, 3] {
            runs.push(1, value);
        }
        assert_eq!(runs.runs(), [(3, 3), (1, 5), (1, 3)]);
        assert_eq!((runs.total(), runs.first(), runs.only()), (5, Some(3), None));
        assert_eq!(runs.pop(), Some(3));
        assert_eq!(runs.pop(), Some(5));
        assert_eq!((runs.iter().collect::<Vec<_>>(), runs.only()), (vec![3, 3, 3], Some(3)));
    }

    #[test]
    fn ticks_are_taken_from_the_end() {
        let mut tables = Tables::default();
        for duration in [7, 5, 5, 0, 3] {
            tables.durations.push(1, duration);
            tables.duration += u64::from(duration);
        }
        let short = |ticks| {
            let mut tables = tables.clone();
            tables.shorten(ticks);
            let list: Vec<u32> = tables.durations.iter().collect();
            assert_eq!(tables.duration, list.iter().map(|one| u64::from(*one)).sum::<u64>());
            list
        };
        assert_eq!(short(2), [7, 5, 5, 0, 1]);
        assert_eq!(short(3), [7, 5, 5, 0, 0]);
        assert_eq!(short(9), [7, 4, 0, 0, 0]);
        assert_eq!(short(13), [7, 0, 0, 0, 0]);
        assert_eq!(short(99), [0; 5]);
    }

    #[test]
    fn samples_beyond_the_end_are_left_out() {
        let chunk = |offset, samples, bytes| Chunk { offset, samples, bytes, entry: 0 };
        let mut tables =
            Tables { chunks: vec![chunk(10, 2, 20), chunk(50, 3, 25), chunk(30, 1, 5)], ..Tables::default() };
        for size in [10, 10, 5, 10, 10, 5] {
            tables.durations.push(1, 2);
            tables.sizes.push(1, size);
            tables.offsets.push(1, 0);
            tables.syncs.push(1, true);
            tables.duration += 2;
        }
        let cut = |length| {
            let mut tables = tables.clone();
            let first = tables.keep_within(length);
            assert_eq!(tables.duration, 2 * tables.samples());
            (first, tables.sizes.iter().collect::<Vec<_>>(), tables.chunks)
        };
        assert_eq!(cut(75), (None, vec![10, 10, 5, 10, 10, 5], tables.chunks.clone()));
        assert_eq!(cut(74), (Some(4), vec![10, 10, 5, 10], vec![chunk(10, 2, 20), chunk(50, 2, 15)]));
        assert_eq!(cut(54), (Some(2), vec![10, 10], vec![chunk(10, 2, 20)]));
        assert_eq!(cut(29), (Some(1), vec![10], vec![chunk(10, 1, 10)]));
        assert_eq!(cut(5), (Some(0), vec![], vec![]));
    }

    #[test]
    fn a_run_too_long_for_its_count_is_split() {
        let mut runs = Runs::default();
        runs.push(u32::MAX, 1);
        runs.push(2, 1);
        assert_eq!(runs.runs(), [(u32::MAX, 1), (2, 1)]);
        assert_eq!((runs.total(), runs.only()), (u64::from(u32::MAX) + 2, Some(1)));
    }
}
