//! H.264 NAL units as they lie in a stream, read only as far as tells where one picture ends and the next begins
//! (ISO/IEC 14496-10 s.7.3.1, s.7.3.3, s.7.4.1.2.3). It decides what a NAL unit is and refuses what cannot be one. It never
//! decodes. Runs natively and in the studio worker.

use super::avc::{Order, Sps};
use super::bits::{Bits, unescape};

/// Bytes of a slice's beginning that hold every field read here, emulation prevention included.
pub(crate) const SLICE_HEAD: usize = 40;
/// The longest parameter set that is believed.
pub(crate) const MAX_SET: usize = 1024;
/// Parameter sets of a kind that are kept: 32 sequence sets exist, and real streams have a handful of picture sets.
const MAX_SETS: usize = 32;

/// What a NAL unit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A slice of a picture.
    Slice(Slice),
    /// A sequence or picture parameter set; the whole unit must be at hand.
    Set,
    /// Stands before the first slice of a picture: delimiter, message, prefix.
    Before,
    /// Stands behind it: end of sequence or stream, filler.
    After,
}

/// The beginning of a slice header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// It begins a picture: `first_mb_in_slice` is 0.
    pub(crate) first: bool,
    /// It is of an IDR picture: decoding can start here.
    pub(crate) idr: bool,
    /// Other pictures refer to it.
    pub(crate) reference: bool,
    /// `frame_num`.
    pub(crate) frame_num: u32,
    /// Of a field: whether it is the bottom one.
    pub(crate) field: Option<bool>,
    /// `pic_order_cnt_lsb`, where there is one.
    pub(crate) lsb: Option<u32>,
    /// How it was read.
    pub(crate) order: Order,
}

/// The parameter sets seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sets {
    /// Sequence parameter sets, NAL header included; the newest of each identifier.
    sps: Vec<(Sps, Vec<u8>)>,
    /// Picture parameter sets: identifier, identifier of the sequence set, the whole unit.
    pps: Vec<(u32, u32, Vec<u8>)>,
    /// One was replaced by another with the same identifier: no single record holds for the whole stream.
    pub(crate) changed: bool,
}

impl Sets {
    /// Keeps a set; whether it is one.
    pub(crate) fn add(&mut self, nal: &[u8]) -> bool {
        match nal.first().map(|head| head & 0x1f) {
            Some(7) => self.add_sps(nal).is_some(),
            Some(8) => self.add_pps(nal).is_some(),
            _ => false,
        }
    }

    /// Whether a slice can be read.
    pub(crate) fn complete(&self) -> bool {
        self.first().is_some()
    }

    /// The sequence set of the first picture set.
    pub(crate) fn first(&self) -> Option<&Sps> {
        self.pps.iter().find_map(|(_, sps, _)| self.sps(*sps))
    }

    /// The units for a decoder configuration record.
    fn units(&self) -> (impl Iterator<Item = &[u8]>, impl Iterator<Item = &[u8]>) {
        (self.sps.iter().map(|(_, nal)| nal.as_slice()), self.pps.iter().map(|(.., nal)| nal.as_slice()))
    }

    /// The AVCDecoderConfigurationRecord of the sets (ISO/IEC 14496-15 s.5.3.3.1), with lengths of four bytes; `None` where they are
    /// not complete.
    pub(crate) fn record(&self) -> Option<Vec<u8>> {
        let sps = self.first()?;
        let mut record = vec![1, sps.profile, sps.constraints, sps.level, 0xff];
        let (sequence, picture) = self.units();
        let mut list = |mark: u8, units: &mut dyn Iterator<Item = &[u8]>| {
            let place = record.len();
            record.push(mark);
            for unit in units.take(31) {
                record.extend_from_slice(&u16::try_from(unit.len()).ok()?.to_be_bytes());
                record.extend_from_slice(unit);
                record[place] += 1;
            }
            Some(())
        };
        list(0xe0, &mut { sequence })?;
        list(0, &mut { picture })?;
        if let Some([chroma, luma, colour]) = sps.order.format.filter(|_| matches!(sps.profile, 100 | 110 | 122 | 144))
        {
            record.extend_from_slice(&[0xfc | chroma, 0xf8 | luma, 0xf8 | colour, 0]);
        }
        Some(record)
    }

    fn sps(&self, id: u32) -> Option<&Sps> {
        self.sps.iter().map(|(sps, _)| sps).find(|sps| sps.order.id == id)
    }

    fn add_sps(&mut self, nal: &[u8]) -> Option<()> {
        let sps = Sps::parse(nal).ok()?;
        let Order { id, frame_num_bits, lsb_bits, .. } = sps.order;
        if id > 31 || frame_num_bits > 16 || lsb_bits.unwrap_or(4) > 16 {
            return None;
        }
        match self.sps.iter().position(|(other, _)| other.order.id == id) {
            Some(place) => {
                self.changed |= self.sps[place].1 != nal;
                // The first one describes the track.
            }
            None if self.sps.len() < MAX_SETS => self.sps.push((sps, nal.to_vec())),
            None => return None,
        }
        Some(())
    }

    fn add_pps(&mut self, nal: &[u8]) -> Option<()> {
        let plain = unescape(nal.get(1..)?);
        let mut bits = Bits::new(&plain);
        let (id, sps) = (bits.ue()?, bits.ue()?);
        if id > 255 || sps > 31 {
            return None;
        }
        match self.pps.iter().position(|(other, ..)| *other == id) {
            Some(place) => self.changed |= self.pps[place].2 != nal,
            None if self.pps.len() < MAX_SETS => self.pps.push((id, sps, nal.to_vec())),
            None => return None,
        }
        Some(())
    }

    /// What a NAL unit of `length` bytes that begins so is; `None` where it cannot be one. Of a slice, the first
    /// [`SLICE_HEAD`] bytes must be there, or all.
    pub(crate) fn read(&self, head: &[u8], length: usize) -> Option<Unit> {
        let first = *head.first()?;
        let (forbidden, reference, kind) = (first & 0x80 != 0, first >> 5, first & 0x1f);
        match (kind, reference) {
            _ if forbidden || length < 2 => None,
            (1, _) | (5, 1..) => self.slice(head).map(Unit::Slice),
            (7 | 8, 1..) if length <= MAX_SET => Some(Unit::Set),
            (6, 0) if message(head, length) => Some(Unit::Before),
            // A delimiter is its picture types and the stop bit (s.7.3.2.4).
            (9, 0) if length == 2 && head.get(1)? & 0x1f == 0x10 => Some(Unit::Before),
            (12, 0) if *head.get(1)? == 0xff => Some(Unit::After),
            _ => None,
        }
    }

    fn slice(&self, head: &[u8]) -> Option<Slice> {
        let plain = unescape(&head[1..head.len().min(SLICE_HEAD)]);
        let mut bits = Bits::new(&plain);
        let first = bits.ue()? == 0;
        // P, B and I; the others exist in a profile that nobody uses.
        if !matches!(bits.ue()?, 0..=2 | 5..=7) {
            return None;
        }
        let id = bits.ue()?;
        let (_, sps, _) = self.pps.iter().find(|(pps, ..)| *pps == id)?;
        let order = self.sps(*sps)?.order;
        if order.separate_planes {
            bits.bits(2)?;
        }
        let frame_num = bits.bits(order.frame_num_bits)?;
        let field = if !order.frames_only && bits.bit()? { Some(bits.bit()?) } else { None };
        let idr = head[0] & 0x1f == 5;
        if idr && (bits.ue()? > 65_535 || frame_num != 0) {
            return None;
        }
        let lsb = match order.lsb_bits {
            Some(count) => Some(bits.bits(count)?),
            None => None,
        };
        Some(Slice { first, idr, reference: head[0] >> 5 != 0, frame_num, field, lsb, order })
    }
}

/// Whether a unit of supplemental messages begins with one that fits in it (s.7.3.2.3.1).
fn message(head: &[u8], length: usize) -> bool {
    let mut at = 1;
    let mut number = |most: usize| {
        let mut sum = 0_usize;
        loop {
            let byte = *head.get(at)?;
            at += 1;
            sum += usize::from(byte);
            if byte != 0xff {
                return (sum <= most).then_some(sum);
            }
        }
    };
    // Types end below 256. The message is followed by a stop bit at least.
    let (kind, size) = (number(255), number(length));
    kind.is_some() && size.is_some_and(|size| at + size < length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::avc::tests::{BitWriter, sps};

    fn sets() -> Sets {
        let mut sets = Sets::default();
        assert!(sets.read(&[0x65, 0x88, 0x84, 0, 0x33, 0xff], 6).is_none(), "no sets yet");
        assert!(sets.add(&sps(None, 1)) && !sets.complete());
        assert!(sets.add(&[0x68, 0xce, 0x3c, 0x80]) && sets.complete() && !sets.changed);
        sets
    }

    #[test]
    fn a_slice_tells_its_picture() {
        // first_mb 0, slice_type 7 (I), picture set 0, frame_num 0 in 4 bits, idr_pic_id 3; picture order of type 2.
        let mut bits = BitWriter::default();
        let nal = bits.ue(0).ue(7).ue(0).bits(4, 0).ue(3).bits(24, 0x55_5555).nal(0x65);
        let Some(Unit::Slice(slice)) = sets().read(&nal, nal.len()) else { panic!("a slice") };
        assert_eq!((slice.first, slice.idr, slice.frame_num, slice.field, slice.lsb), (true, true, 0, None, None));
        let nal = BitWriter::default().ue(5).ue(0).ue(0).bits(4, 9).bits(24, 0x55_5555).nal(0x01);
        let Some(Unit::Slice(slice)) = sets().read(&nal, nal.len()) else { panic!("a slice") };
        assert_eq!((slice.first, slice.idr, slice.reference, slice.frame_num), (false, false, false, 9));
    }

    #[test]
    fn what_cannot_be_a_unit_is_none() {
        let sets = sets();
        assert_eq!(sets.read(&[9, 0xf0], 2), Some(Unit::Before));
        for (bytes, length) in [(&[9, 0xf0][..], 3), (&[9, 0xff], 2), (&[0x80, 1], 2), (&[0x29, 0x10], 2), (&[0, 0], 2)]
        {
            assert_eq!(sets.read(bytes, length), None, "{bytes:?}");
        }
        // An IDR slice nobody refers to, one of an unknown picture set, one that ends early.
        assert_eq!(sets.read(&[5, 0x88, 0x84, 0, 0x33], 5), None);
        assert_eq!(sets.read(&[0x65, 0x88, 0x20, 0, 0x33], 5), None);
        assert_eq!(sets.read(&[0x65, 0x88], 2), None);
    }

    #[test]
    fn a_set_that_changes_under_its_name_is_noticed() {
        let mut sets = sets();
        assert!(sets.add(&sps(None, 1)) && !sets.changed);
        assert!(sets.add(&sps(None, 2)) && sets.changed);
    }
}
