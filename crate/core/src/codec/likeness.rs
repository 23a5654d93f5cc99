//! Whether two sample entries decode alike, so that their samples may stand in one track under the first of them.
//! Bytes that no decoder heeds (bit rates, square pixels, colour boxes) do not count; colour is reported apart.

use super::avc::{self, Colour};
use super::{SampleEntry, vp9};
use crate::isobmff::FourCc;

/// How far two sample entries are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Samples of either decode alike under both.
    Same,
    /// They decode alike, but describe colour differently.
    SameButColour {
        /// The matrices give other pictures; primaries and transfer alone are only a description.
        matrix: bool,
        /// One is of full range, the other of limited.
        range: bool,
    },
    /// They do not; the names of what differs.
    Different(Vec<&'static str>),
}

/// Compares two entries. Where it cannot read one it says that `config` differs unless they are equal in every byte.
pub fn compare(a: &SampleEntry, b: &SampleEntry) -> Likeness {
    if a == b {
        return Likeness::Same;
    }
    if a.fourcc() != b.fourcc() {
        return Likeness::Different(vec!["codec"]);
    }
    let mut fields = Vec::new();
    differ(&mut fields, "size", a.size() != b.size());
    let colour = match &a.fourcc() {
        b"avc1" | b"avc3" => avc_colour(a, b, &mut fields),
        b"vp09" => vp9_colour(a, b, &mut fields),
        b"mp4a" => {
            aac_differences(a, b, &mut fields);
            None
        }
        b"Opus" => {
            differ(&mut fields, "channels", a.channels() != b.channels());
            differ(&mut fields, "config", notable(a) != notable(b));
            None
        }
        _ => {
            differ(&mut fields, "config", notable(a) != notable(b));
            None
        }
    };
    match colour {
        _ if !fields.is_empty() => Likeness::Different(fields),
        Some((a, b)) if a != b => {
            Likeness::SameButColour { matrix: a.matrix_differs(&b), range: a.full_range != b.full_range }
        }
        _ => Likeness::Same,
    }
}

fn differ(fields: &mut Vec<&'static str>, name: &'static str, differs: bool) {
    fields.extend(differs.then_some(name));
}

/// Channels and rate of the entry itself are not compared: a decoder heeds the configuration only, and ffmpeg writes two
/// channels for mono too.
fn aac_differences(a: &SampleEntry, b: &SampleEntry, fields: &mut Vec<&'static str>) {
    match (a.aac(), b.aac()) {
        (Some(one), Some(other)) if one == other => {
            differ(fields, "config", a.description() != b.description());
        }
        (Some(one), Some(other)) => {
            differ(fields, "profile", one.object != other.object);
            differ(fields, "rate", one.rate != other.rate);
            differ(fields, "channels", one.channels != other.channels);
        }
        _ => fields.push("config"),
    }
}

/// The child boxes a decoder heeds. `pasp` counts unless it says square pixels.
fn notable(entry: &SampleEntry) -> Vec<(FourCc, &[u8])> {
    let square = |body: &[u8]| body.len() == 8 && body[..4] == body[4..];
    entry
        .children()
        .filter(|(kind, body)| match kind {
            b"btrt" | b"colr" | b"free" | b"skip" => false,
            b"pasp" => !square(body),
            _ => true,
        })
        .collect()
}

fn avc_colour(a: &SampleEntry, b: &SampleEntry, fields: &mut Vec<&'static str>) -> Option<(Colour, Colour)> {
    let config = |entry: &SampleEntry| avc::Config::parse(entry.child(*b"avcC")?).ok();
    let (Some(one), Some(other)) = (config(a), config(b)) else {
        fields.push("config");
        return None;
    };
    differ(fields, "profile", (one.profile, one.constraints) != (other.profile, other.constraints));
    differ(fields, "level", one.level != other.level);
    differ(fields, "nal_length", one.length_size != other.length_size);
    differ(fields, "pps", one.pps != other.pps);
    let rest = |entry| notable(entry).into_iter().filter(|(kind, _)| kind != b"avcC").collect::<Vec<_>>();
    differ(fields, "boxes", rest(a) != rest(b));
    let read = |sets: &[Vec<u8>]| sets.iter().map(|nal| avc::Sps::parse(nal)).collect::<Result<Vec<_>, _>>().ok();
    let (Some(mine), Some(theirs)) = (read(&one.sps), read(&other.sps)) else {
        differ(fields, "sps", one.sps != other.sps);
        return None;
    };
    let shapes = |sets: &[avc::Sps]| sets.iter().map(|sps| sps.shape.clone()).collect::<Vec<_>>();
    differ(fields, "sps", shapes(&mine) != shapes(&theirs));
    Some((mine.first()?.colour, theirs.first()?.colour))
}

fn vp9_colour(a: &SampleEntry, b: &SampleEntry, fields: &mut Vec<&'static str>) -> Option<(Colour, Colour)> {
    let config = |entry: &SampleEntry| entry.child(*b"vpcC").and_then(vp9::Config::parse);
    let (Some(one), Some(other)) = (config(a), config(b)) else {
        fields.push("config");
        return None;
    };
    let shape = |config: &vp9::Config| (config.profile, config.depth, config.chroma);
    differ(fields, "profile", shape(&one) != shape(&other));
    differ(fields, "level", one.level != other.level);
    let colour = |config: vp9::Config| Colour {
        full_range: config.full_range,
        primaries: config.primaries,
        transfer: config.transfer,
        matrix: config.matrix,
    };
    Some((colour(one), colour(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::avc::tests::{BT601, record, sps};
    use crate::media::Size;

    const HD: Size = Size { width: 1280, height: 720 };

    fn entry(colour: Option<Colour>) -> SampleEntry {
        SampleEntry::avc1(&record(&sps(colour, 1)), HD).unwrap()
    }

    #[test]
    fn colour_alone_is_told_from_what_decoding_needs() {
        let matrix = Colour { matrix: 1, ..BT601 };
        let same = Colour { matrix: 5, primaries: 1, ..BT601 };
        let range = Colour { full_range: true, ..BT601 };
        let one = entry(Some(BT601));
        assert_eq!(compare(&one, &entry(Some(BT601))), Likeness::Same);
        assert_eq!(compare(&one, &entry(Some(matrix))), Likeness::SameButColour { matrix: true, range: false });
        assert_eq!(compare(&one, &entry(Some(same))), Likeness::SameButColour { matrix: false, range: false });
        assert_eq!(compare(&one, &entry(Some(range))), Likeness::SameButColour { matrix: false, range: true });
        assert_eq!(compare(&one, &entry(None)), Likeness::SameButColour { matrix: true, range: false });
    }

    #[test]
    fn what_decoding_needs_is_named() {
        let small = SampleEntry::avc1(&record(&sps(None, 1)), Size { width: 640, height: 360 }).unwrap();
        assert_eq!(compare(&entry(None), &small), Likeness::Different(vec!["size"]));
        let references = SampleEntry::avc1(&record(&sps(None, 3)), HD).unwrap();
        assert_eq!(compare(&entry(None), &references), Likeness::Different(vec!["sps"]));
        let (opus, aac) = (SampleEntry::opus(&[], 2).unwrap(), SampleEntry::mp4a(&[0x11, 0x90], 2, 48_000).unwrap());
        assert_eq!(compare(&opus, &aac), Likeness::Different(vec!["codec"]));
        let mono = SampleEntry::opus(&[], 1).unwrap();
        assert_eq!(compare(&opus, &mono), Likeness::Different(vec!["channels", "config"]));
    }
}
