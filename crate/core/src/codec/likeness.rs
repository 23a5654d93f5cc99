//! Whether two sample entries decode alike, so that their samples may stand in one track under the first of them.
//! Bytes that no decoder heeds (bit rates, square pixels, colour boxes) do not count; colour is reported apart.

use super::avc::{self, Colour};
use super::{SampleEntry, aac, hevc, vp9};
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
            // How much is skipped at the beginning is said by edit lists.
            let (a, b) = (a.clone().without_pre_skip(), b.clone().without_pre_skip());
            differ(&mut fields, "channels", a.channels() != b.channels());
            differ(&mut fields, "config", notable(&a) != notable(&b));
            None
        }
        b"hvc1" | b"hev1" | b"av01" => {
            let children = |entry| notable(entry).into_iter().map(|(kind, body)| (kind, needed(kind, body)));
            differ(&mut fields, "config", !children(a).eq(children(b)));
            // What the parameter set of HEVC says stands out of what decoding needs, like a `colr` box.
            let colour = |entry: &SampleEntry| (entry.child(*b"hvcC").and_then(hevc::colour), stated_colour(entry));
            match (colour(a), colour(b)) {
                ((Some(one), _), (Some(other), _)) if one != other => Some((one, other)),
                ((_, one), (_, other)) => Some((one, other)),
            }
        }
        _ => {
            let children = |entry| notable(entry).into_iter().map(|(kind, body)| (kind, needed(kind, body)));
            differ(&mut fields, "config", !children(a).eq(children(b)));
            differ(&mut fields, "format", format(a) != format(b));
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

/// What the fixed fields of an entry without a configuration say: channels, sample size and rate of sound, the size of a
/// picture. In version 2 of QuickTime's sound they follow later.
fn format(entry: &SampleEntry) -> (Option<&[u8]>, Option<&[u8]>) {
    let bytes = entry.bytes();
    let second = bytes.get(16..18) == Some(&[0, 2]);
    (bytes.get(24..36), bytes.get(36..72).filter(|_| second))
}

/// What a decoder heeds of a child box: lists of bytes that must be equal.
fn needed(kind: FourCc, body: &[u8]) -> Vec<Vec<u8>> {
    let lists = match &kind {
        b"hvcC" => return vec![hevc::needed(body).unwrap_or_else(|| body.to_vec())],
        // Past version, flags and the header of STREAMINFO (RFC 9639 s.8.2): block sizes, then frame sizes that only
        // describe the file; rate, channels and depth; how many samples and their checksum describe it again.
        b"dfLa" => match (body.get(8..12), body.get(18..21)) {
            (Some(blocks), Some(format)) => vec![blocks, format],
            _ => vec![body],
        },
        _ => vec![body],
    };
    lists.into_iter().map(<[u8]>::to_vec).collect()
}

/// The colour in the `colr` box of an entry (s.12.1.5): the only place where it can be told apart from what decoding
/// needs.
fn stated_colour(entry: &SampleEntry) -> Colour {
    let mut colour = Colour::default();
    if let Some(body) = entry.child(*b"colr")
        && matches!(body.get(..4), Some(b"nclx" | b"nclc"))
        && let Some(&[_, primaries, _, transfer, _, matrix]) = body.get(4..10)
    {
        (colour.primaries, colour.transfer, colour.matrix) = (primaries, transfer, matrix);
        colour.full_range = body.get(10).is_some_and(|flags| flags & 0x80 != 0);
    }
    colour
}

/// Channels and rate of the entry itself are not compared: a decoder heeds the configuration only, and ffmpeg writes two
/// channels for mono too.
fn aac_differences(a: &SampleEntry, b: &SampleEntry, fields: &mut Vec<&'static str>) {
    match (a.aac(), b.aac()) {
        (Some(one), Some(other)) if one == other => {
            let (a, b) = (a.description(), b.description());
            let coding = |config: &Option<Vec<u8>>| config.as_deref().map(aac::without_sync).map(<[u8]>::to_vec);
            differ(fields, "config", coding(&a) != coding(&b));
        }
        (Some(one), Some(other)) => {
            differ(fields, "profile", one.object != other.object);
            differ(fields, "rate", one.rate != other.rate);
            differ(fields, "channels", one.channels != other.channels);
        }
        (None, None) => {
            let coding = |entry: &SampleEntry| entry.child(*b"esds").and_then(aac::object_type);
            match (coding(a), coding(b)) {
                // MP3, whose frames say everything themselves; the rest of the box is bit rates.
                (Some(0x69 | 0x6b), Some(0x69 | 0x6b)) => differ(fields, "format", format(a) != format(b)),
                (one, other) if one != other => fields.push("codec"),
                _ => fields.push("config"),
            }
        }
        _ => fields.push("codec"),
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
    Some((one.colour(), other.colour()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::avc::tests::{BT601, record, sps};
    use crate::isobmff::write;
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

    /// An entry of this type: fixed fields, then a child.
    fn plain(kind: &[u8; 4], fixed: &[u8], child: &[u8; 4], body: &[u8]) -> SampleEntry {
        let mut bytes = Vec::new();
        write::boxed(&mut bytes, *kind, |out| {
            out.extend_from_slice(fixed);
            write::boxed(out, *child, |out| out.extend_from_slice(body));
        });
        SampleEntry::parse(&bytes).unwrap()
    }

    #[test]
    fn what_only_describes_a_file_does_not_count() {
        let sound = |channels: u8| {
            let mut fixed = [0; 28];
            (fixed[7], fixed[17], fixed[19]) = (1, channels, 16);
            fixed
        };
        let flac = |rate: u8, checksum: u8| {
            let mut body = [0; 42];
            (body[18], body[41]) = (rate, checksum);
            plain(b"fLaC", &sound(2), b"dfLa", &body)
        };
        assert_eq!(compare(&flac(1, 2), &flac(1, 3)), Likeness::Same);
        assert_eq!(compare(&flac(1, 2), &flac(4, 2)), Likeness::Different(vec!["config"]));
        let aac = |config: &[u8]| SampleEntry::mp4a(config, 2, 48_000).unwrap();
        let (short, long) = (aac(&[0x11, 0x90]), aac(&[0x11, 0x90, 0x56, 0xe5, 0x00]));
        assert_eq!(compare(&short, &long), Likeness::Same, "no replication, said or not");
        let replicated = aac(&[0x11, 0x90, 0x56, 0xe5, 0x80]);
        assert_eq!(compare(&short, &replicated), Likeness::Different(vec!["config"]));
        let pcm = |channels, note| plain(b"sowt", &sound(channels), b"free", &[note]);
        assert_eq!(compare(&pcm(2, 0), &pcm(2, 1)), Likeness::Same);
        assert_eq!(compare(&pcm(2, 0), &pcm(1, 0)), Likeness::Different(vec!["format"]));

        // An HEVC record whose only array is of this NAL type.
        let hevc = |kind: u8, byte: u8, matrix: u8| {
            let mut record = vec![1; 22];
            record.extend([1, 0x80 | kind, 0, 1, 0, 2, kind << 1, byte]);
            let mut bytes = SampleEntry::hvc1(&record, HD).unwrap().bytes().to_vec();
            write::boxed(&mut bytes, *b"colr", |out| out.extend([b"nclx", &[0, 1, 0, 1, 0, matrix, 0][..]].concat()));
            let size = (bytes.len() as u32).to_be_bytes();
            bytes[..4].copy_from_slice(&size);
            SampleEntry::parse(&bytes).unwrap()
        };
        assert_eq!(compare(&hevc(39, 1, 1), &hevc(39, 2, 1)), Likeness::Same, "SEI");
        assert_eq!(compare(&hevc(33, 1, 1), &hevc(33, 2, 1)), Likeness::Different(vec!["config"]), "SPS");
        let other = Likeness::SameButColour { matrix: true, range: false };
        assert_eq!(compare(&hevc(33, 1, 1), &hevc(33, 1, 9)), other);
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
        let head = |skip: u8, gain: u8| [b"OpusHead\x01\x02", &[skip, 1, 0x80, 0xbb, 0, 0, gain, 0, 0][..]].concat();
        let opus = |skip, gain| SampleEntry::opus(&head(skip, gain), 2).unwrap();
        assert_eq!(compare(&opus(0, 0), &opus(0, 1)), Likeness::Different(vec!["config"]));
    }
}
