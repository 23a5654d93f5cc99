//! The leaf boxes, through mp4-atom: the only module that names that crate. It decodes and encodes one leaf at a time
//! and never one of its containers (`Moov`, `Trak`, `Stsd`, `Moof`, `Any`), which recurse without limit and drop what
//! they do not know.

use mp4_atom::{Atom, Encode};
pub(crate) use mp4_atom::{
    Avcc, Co64, Elst, Esds, Mdhd, Mvhd, Stco, Stsc, Stsz, StszSamples, Stts, Tfdt, Tfhd, Tkhd, Trex, Trun, TrunEntry,
};
use mp4_atom::{Ctts, CttsEntry, ElstEntry, FourCC, Hdlr, Matrix, Mfhd, StscEntry, Stss, SttsEntry};

use super::read::Child;
use super::tables::{Chunk, Runs};
use super::{BoxError, FourCc};

/// The leaf in a box of its type.
///
/// # Errors
/// [`BoxError::Field`] with the crate's reason.
pub(crate) fn decode<T: Atom>(child: &Child<'_>) -> Result<T, BoxError> {
    let mut body = child.body;
    T::decode_body(&mut body).map_err(|error| child.wrong(error.to_string()))
}

/// A decoder configuration record that has no box around it.
///
/// # Errors
/// The crate's reason.
pub(crate) fn decode_record<T: Atom>(mut record: &[u8]) -> Result<T, String> {
    T::decode_body(&mut record).map_err(|error| error.to_string())
}

/// Appends a leaf. What is written here are integers in fixed fields, counts and lists of them.
fn encode(out: &mut Vec<u8>, leaf: &impl Encode) {
    // Not `expect`: printing the crate's error would link all of it.
    assert!(leaf.encode(out).is_ok(), "leaves of plain integers always encode; the functions below make no others");
}

/// `mvhd`, s.8.2.2.
pub(crate) fn mvhd(out: &mut Vec<u8>, timescale: u32, duration: u64, created: u64, next_track_id: u32) {
    let (rate, volume) = (1.into(), 1.into());
    let (creation_time, modification_time) = (created, created);
    let matrix = Matrix::default();
    encode(out, &Mvhd { creation_time, modification_time, timescale, duration, rate, volume, matrix, next_track_id });
}

/// What `tkhd` says (s.8.3.2), in our types.
pub(crate) struct TrackHeader {
    pub(crate) id: u32,
    pub(crate) duration: u64,
    pub(crate) created: u64,
    pub(crate) matrix: [i32; 9],
    /// Zero for sound.
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) sound: bool,
}

/// `tkhd`, s.8.3.2: enabled and in the movie.
pub(crate) fn tkhd(out: &mut Vec<u8>, header: &TrackHeader) {
    let [a, b, u, c, d, v, x, y, w] = header.matrix;
    encode(
        out,
        &Tkhd {
            creation_time: header.created,
            modification_time: header.created,
            track_id: header.id,
            duration: header.duration,
            enabled: true,
            in_movie: true,
            volume: u8::from(header.sound).into(),
            matrix: Matrix { a, b, u, c, d, v, x, y, w },
            width: header.width.into(),
            height: header.height.into(),
            ..Tkhd::default()
        },
    );
}

/// The matrix of a `tkhd`, row by row.
pub(crate) fn matrix(tkhd: &Tkhd) -> [i32; 9] {
    let Matrix { a, b, u, c, d, v, x, y, w } = tkhd.matrix;
    [a, b, u, c, d, v, x, y, w]
}

/// `elst` with one edit of the whole media, s.8.6.6.
pub(crate) fn identity_elst(out: &mut Vec<u8>, duration: u64) {
    let whole = ElstEntry { segment_duration: duration, media_time: Some(0), media_rate: 1.into() };
    encode(out, &Elst { entries: vec![whole] });
}

/// `mdhd`, s.8.4.2, of no particular language.
pub(crate) fn mdhd(out: &mut Vec<u8>, timescale: u32, duration: u64, created: u64) {
    let language = "und".to_owned();
    encode(out, &Mdhd { creation_time: created, modification_time: created, timescale, duration, language });
}

/// `hdlr`, s.8.4.3.
pub(crate) fn hdlr(out: &mut Vec<u8>, handler: FourCc, name: &str) {
    encode(out, &Hdlr { handler: FourCC::from(handler), name: name.to_owned() });
}

/// `stts`, s.8.6.1.2.
pub(crate) fn stts(out: &mut Vec<u8>, durations: &Runs<u32>) {
    let entry = |&(sample_count, sample_delta): &(u32, u32)| SttsEntry { sample_count, sample_delta };
    encode(out, &Stts { entries: durations.runs().iter().map(entry).collect() });
}

/// `ctts`, s.8.6.1.3, version 1.
pub(crate) fn ctts(out: &mut Vec<u8>, offsets: &Runs<i32>) {
    let entry = |&(sample_count, offset): &(u32, i32)| CttsEntry { sample_count, sample_offset: i64::from(offset) };
    encode(out, &Ctts { entries: offsets.runs().iter().map(entry).collect() });
}

/// `stsz`, s.8.7.3: one size for all where there is but one, and none of zero.
pub(crate) fn stsz(out: &mut Vec<u8>, sizes: &Runs<u32>) {
    let samples = match sizes.only() {
        // A constant of zero would announce a list; `total` fits as the callers bound it.
        Some(size) if size > 0 => StszSamples::Identical { count: sizes.total() as u32, size },
        _ => StszSamples::Different { sizes: sizes.iter().collect() },
    };
    encode(out, &Stsz { samples });
}

/// `stss`, s.8.6.2: the numbers of the sync samples, counted from 1.
pub(crate) fn stss(out: &mut Vec<u8>, syncs: &Runs<bool>) {
    let numbers = (1_u32..).zip(syncs.iter()).filter_map(|(number, sync)| sync.then_some(number));
    encode(out, &Stss { entries: numbers.collect() });
}

/// `stsc`, s.8.7.4, all of sample entry 1.
pub(crate) fn stsc(out: &mut Vec<u8>, chunks: &[Chunk]) {
    let mut entries: Vec<StscEntry> = Vec::new();
    for (first_chunk, chunk) in (1_u32..).zip(chunks) {
        if entries.last().is_none_or(|last| last.samples_per_chunk != chunk.samples) {
            let samples_per_chunk = chunk.samples;
            entries.push(StscEntry { first_chunk, samples_per_chunk, sample_description_index: 1 });
        }
    }
    encode(out, &Stsc { entries });
}

/// `stco`, or `co64` where `wide`, s.8.7.5, of the chunks' offsets moved by `base`.
pub(crate) fn chunk_offsets(out: &mut Vec<u8>, chunks: &[Chunk], base: u64, wide: bool) {
    if wide {
        encode(out, &Co64 { entries: chunks.iter().map(|chunk| base + chunk.offset).collect() });
    } else {
        encode(out, &Stco { entries: chunks.iter().map(|chunk| (base + chunk.offset) as u32).collect() });
    }
}

/// `trex`, s.8.8.3, of sample entry 1.
pub(crate) fn trex(out: &mut Vec<u8>, track_id: u32, default_sample_flags: u32) {
    let trex = Trex { track_id, default_sample_description_index: 1, default_sample_flags, ..Trex::default() };
    encode(out, &trex);
}

/// `mfhd`, s.8.8.5.
pub(crate) fn mfhd(out: &mut Vec<u8>, sequence_number: u32) {
    encode(out, &Mfhd { sequence_number });
}

/// `tfhd`, s.8.8.7, with offsets from the `moof`; a default only where it is given.
pub(crate) fn tfhd(out: &mut Vec<u8>, track_id: u32, duration: Option<u32>, size: Option<u32>, flags: Option<u32>) {
    let tfhd = Tfhd {
        track_id,
        default_sample_duration: duration,
        default_sample_size: size,
        default_sample_flags: flags,
        default_base_is_moof: true,
        ..Tfhd::default()
    };
    encode(out, &tfhd);
}

/// `tfdt`, s.8.8.12, version 1.
pub(crate) fn tfdt(out: &mut Vec<u8>, base_media_decode_time: u64) {
    encode(out, &Tfdt { base_media_decode_time });
}

/// `trun`, s.8.8.8.
pub(crate) fn trun(out: &mut Vec<u8>, data_offset: i32, samples: Vec<TrunEntry>) {
    encode(out, &Trun { data_offset: Some(data_offset), samples: samples.into() });
}

/// `esds` (ISO/IEC 14496-14 s.6.7.2) around an AudioSpecificConfig.
pub(crate) fn esds(out: &mut Vec<u8>, config: &[u8]) {
    use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
    let dec_specific = Some(DecoderSpecific { raw: config.to_vec(), ..DecoderSpecific::default() });
    // Object type 0x40 is MPEG-4 audio, stream type 5 is sound (ISO/IEC 14496-1 s.7.2.6.6).
    let dec_config = DecoderConfig { object_type_indication: 0x40, stream_type: 5, dec_specific, ..Default::default() };
    encode(out, &Esds { es_desc: EsDescriptor { dec_config, sl_config: SLConfig {}, ..EsDescriptor::default() } });
}
