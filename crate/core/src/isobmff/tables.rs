//! Sample tables of one track, run-length: durations, sizes, composition offsets, sync marks and chunks. They grow with
//! the number of runs, never with the number of samples alone, and no list of samples is ever made from them.

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

/// Samples of one track that lie in a row in the file (ISO/IEC 14496-12 s.8.7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where its first byte lies; from where is said by whoever holds it.
    pub offset: u64,
    /// Its samples; not zero.
    pub samples: u32,
    /// Its bytes, the sum of its samples' sizes.
    pub bytes: u64,
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
    fn a_run_too_long_for_its_count_is_split() {
        let mut runs = Runs::default();
        runs.push(u32::MAX, 1);
        runs.push(2, 1);
        assert_eq!(runs.runs(), [(u32::MAX, 1), (2, 1)]);
        assert_eq!((runs.total(), runs.only()), (u64::from(u32::MAX) + 2, Some(1)));
    }
}
