//! Packets that decode to silence, for the codings that have a plain one: what stands where a clip of a film has no
//! sound. Nothing here encodes; each packet is the shortest its format allows. Runs natively and in the studio worker.

use super::SampleEntry;

/// A packet of silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Samples it decodes to.
    pub samples: u32,
    /// Samples a second.
    pub rate: u32,
}

/// A packet of silence for a track of this entry. `size` is that of its samples where they all have one, `rate` the
/// ticks a second of its tables: what uncompressed sound needs to know.
///
/// `None` for what has no such packet: AAC other than the plain kind of one or two channels, Opus of more, FLAC, MP3.
pub fn silence(entry: &SampleEntry, size: Option<u32>, rate: u32) -> Option<Silence> {
    match &entry.fourcc() {
        // Full band, 20 ms, one CELT frame of one or two channels (RFC 6716 s.3.1) whose silence flag is set.
        b"Opus" => {
            let toc = match entry.channels()? {
                1 => 0xf8,
                2 => 0xfc,
                _ => return None,
            };
            Some(Silence { bytes: vec![toc, 0xff, 0xfe], samples: 960, rate: 48_000 })
        }
        b"mp4a" => {
            let config = entry.aac().filter(|config| config.object == 2)?;
            // raw_data_block (ISO/IEC 14496-3 s.4.4.2.1) of one element with no scale factor band, then ID_END.
            let bytes: &[u8] = match config.channels {
                1 => &[0, 0, 0, 0x07],
                2 => &[0x21, 0, 0, 0, 0, 0x1c],
                _ => return None,
            };
            // A frame of 960 samples has its own flag, the bit after channels; such files are not made by anybody.
            Some(Silence { bytes: bytes.to_vec(), samples: 1024, rate: config.rate })
        }
        b"sowt" | b"twos" | b"lpcm" | b"ipcm" | b"fpcm" | b"in24" | b"in32" | b"fl32" | b"fl64" => {
            let size = size.filter(|size| (1..=64).contains(size))?;
            Some(Silence { bytes: vec![0; size as usize], samples: 1, rate })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_with_a_plain_packet_of_silence_have_one() {
        let opus = silence(&SampleEntry::opus(&[], 2).unwrap(), None, 48_000).unwrap();
        assert_eq!((opus.bytes, opus.samples), (vec![0xfc, 0xff, 0xfe], 960));
        let mono = silence(&SampleEntry::mp4a(&[0x12, 0x08], 1, 44_100).unwrap(), None, 44_100).unwrap();
        assert_eq!((mono.bytes.len(), mono.samples, mono.rate), (4, 1024, 44_100));
        assert_eq!(silence(&SampleEntry::mp4a(&[0x12, 0x30], 6, 44_100).unwrap(), None, 44_100), None);
    }
}
