//! A crash anywhere: the disk is torn at every write and inside it, and everything acknowledged comes back.

use std::collections::BTreeMap;

use onetake_core::demux::FileIndex;
use onetake_core::draft::{Edit, Entry, FileInfo, Recovery, SegmentId, SegmentRecord, journal, recover};
use onetake_tests::film;
use onetake_tests::recording::{Disk, scan};

use super::devices::{Camera, Microphone};
use super::encoders::number;
use super::rig::{AAC, BEGIN, Film, OWN, Rig, Write};

/// What a page finds after so many whole writes and `part` bytes of the next.
fn disk_after(writes: &[Write], whole: usize, part: usize) -> (Vec<u8>, BTreeMap<String, Vec<u8>>) {
    let mut log = Vec::new();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (place, write) in writes.iter().enumerate().take(whole + 1) {
        let cut = |bytes: &[u8]| if place < whole { bytes.to_vec() } else { bytes[..part.min(bytes.len())].to_vec() };
        match write {
            Write::Journal(bytes) => log.extend(cut(bytes)),
            Write::File(name, bytes) => {
                let bytes = cut(bytes);
                if place < whole || !bytes.is_empty() {
                    files.entry(name.clone()).or_default().extend(bytes);
                }
            }
        }
    }
    (log, files)
}

pub(crate) fn reopen(log: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Recovery {
    let listing: Vec<FileInfo> =
        files.iter().map(|(name, bytes)| FileInfo { name: name.clone(), length: bytes.len() as u64 }).collect();
    let wanted = onetake_core::draft::recover::to_scan(log, &listing).expect("our version");
    let index = |name: &String| Some((name.clone(), scan(&files[name]).ok()?.0));
    let indexes: BTreeMap<String, FileIndex> = wanted.iter().filter_map(index).collect();
    recover(log, &listing, indexes).expect("our version")
}

/// Two takes and a pause between them.
fn session() -> Rig {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(2_300_000);
    rig.pause();
    rig.run(100_000);
    rig.record();
    rig.run(3_400_000);
    rig.pause();
    rig
}

/// A disk that is seconds behind, so that writes of both kinds wait beside each other, decisions between the takes, and a
/// camera torn out of the last one.
fn busy_session() -> Rig {
    let mut rig = Rig::new();
    rig.sound = Some(AAC);
    rig.store_latency = 1_400_000;
    rig.set_camera(Camera::new(BEGIN + 3_000, 30.0));
    rig.set_microphone(Microphone::new(BEGIN + 1_234, 44_100, OWN));
    rig.run(2_000_000);
    for take in 0..3 {
        rig.record();
        rig.run(1_700_000 + take * 300_000);
        if take == 2 {
            rig.unplug_camera();
        }
        rig.pause();
        if take == 1 {
            rig.decide(&Entry::Edited(rig.draft.remove_last().expect("two takes")));
            rig.decide(&Entry::Undone);
            rig.decide(&Entry::Edited(Edit::Move { id: SegmentId(2), index: 0 }));
        }
    }
    rig
}

/// Pictures alone.
fn silent_session() -> Rig {
    let mut rig = Rig::new();
    rig.sound = None;
    rig.set_camera(Camera::new(BEGIN + 3_000, 30.0));
    rig.run(1_000_000);
    for _ in 0..2 {
        rig.record();
        rig.run(2_400_000);
        rig.pause();
    }
    rig
}

/// Checks one crash: all of it decodes, is what was stored, and makes a film. The media recovered, ticks.
fn check(rig: &Rig, whole: usize, part: usize) -> i64 {
    let (log, files) = disk_after(&rig.disk.writes, whole, part);
    let recovery = reopen(&log, &files);
    assert_eq!(recovery.cut_to + recovery.torn, log.len() as u64);
    let mut numbers = Vec::new();
    let mut total = 0;
    for record in recovery.draft.timeline() {
        let bytes = &files[&record.opened.file];
        let (mut index, _) = scan(bytes).expect("a file of ours");
        let stored = Film::of(&index, bytes);
        if record.recovered {
            index.end_at_last_packet();
        }
        let film = Film::of(&index, bytes);
        let silent = record.audio.is_none();
        assert!(silent || film.showing() == film.sounding, "after {whole} writes and {part} bytes");
        assert_eq!((film.showing(), film.numbers.len() as u64), (record.duration.0, record.frames));
        let (packet, click) = rig.sound.map_or((1, 0), |sound| (i64::from(sound.codec.packet()), 4800));
        assert_eq!(film.sounding % packet, 0);
        if click > 0 && film.sounding > 8_000 {
            assert!(film.clicks()[0].abs_diff(click) <= 1);
        }
        // Every packet of sound; every picture but those that the last packet would cut.
        assert_eq!((film.sounding, &film.numbers[..]), (stored.sounding, &stored.numbers[..film.numbers.len()]));
        let ends = stored.durations.iter().scan(0, |end, ticks| {
            *end += i64::from(*ticks);
            Some(*end)
        });
        let left_out = ends.skip(film.numbers.len()).filter(|end| *end <= film.showing()).count();
        assert_eq!(left_out, 0, "pictures that were stored whole, after {whole} writes and {part} bytes");
        total += film.showing();
        numbers.extend(film.numbers);
    }
    if total > 0 {
        expect_film(&recovery, &files, &numbers, total);
    }
    // A second crash before anything was written gives the same; after it was, nothing is left to do.
    let mut log = log[..recovery.cut_to as usize].to_vec();
    if log.is_empty() {
        log.extend(journal::HEADER);
    }
    log.extend(recovery.entries.iter().flat_map(journal::encode));
    let again = reopen(&log, &files);
    assert_eq!((&again.draft, again.entries.len(), again.torn), (&recovery.draft, 0, 0));
    total
}

/// The recovered draft exports: its pictures in order, for as long as it says.
fn expect_film(recovery: &Recovery, files: &BTreeMap<String, Vec<u8>>, numbers: &[u32], total: i64) {
    let source = |record: &SegmentRecord| files[&record.opened.file][..record.bytes as usize].to_vec();
    let mut disk = Disk::new(recovery.draft.timeline().map(source));
    let order: Vec<u32> = (0..).take(disk.files.len()).collect();
    let layout = disk.export(&order).expect("what was recovered joins");
    let film = disk.compose(&layout);
    let tracks = film::tracks(&film);
    let pictures = &tracks.iter().find(|track| track.handler == "vide").expect("pictures").samples;
    let shown: Vec<u32> = pictures.iter().map(|sample| number(&film[sample.range.clone()])).collect();
    assert_eq!((&shown[..], layout.report.duration.0), (numbers, total));
    for track in &tracks {
        assert_eq!(track.samples.iter().map(|sample| i64::from(sample.duration)).sum::<i64>(), total);
    }
}

#[test]
fn every_whole_append_survives_a_crash_at_every_write() {
    for rig in [session(), busy_session(), silent_session()] {
        let writes = &rig.disk.writes;
        let mut before = 0;
        for whole in 0..=writes.len() {
            let total = check(&rig, whole, 0);
            // Only a decision takes footage away.
            let stored = whole.checked_sub(1).is_some_and(|last| matches!(writes[last], Write::File(..)));
            assert!(total >= before || !stored, "less after more writes");
            before = total;
        }
        assert_eq!(before, rig.draft.duration().0);
    }
}

#[test]
fn the_last_write_may_be_torn_at_any_byte() {
    for rig in [session(), busy_session(), silent_session()] {
        let writes = &rig.disk.writes;
        for (place, write) in writes.iter().enumerate() {
            let length = match write {
                Write::Journal(bytes) | Write::File(_, bytes) => bytes.len(),
            };
            let whole = check(&rig, place, 0);
            let (log, files) = disk_after(writes, place, 0);
            let clean = reopen(&log, &files);
            for part in 1..length {
                let (log, files) = disk_after(writes, place, part);
                let torn = reopen(&log, &files);
                let facts = |one: &Recovery| (one.draft.clone(), one.entries.clone(), one.evicted.clone());
                assert_eq!(facts(&torn), facts(&clean), "write {place} torn at {part} of {length}");
            }
            assert_eq!(check(&rig, place, length - 1), whole, "write {place} without its last byte");
        }
    }
}

#[test]
fn lost_and_foreign_files_are_told_apart() {
    let mut rig = session();
    rig.decide(&Entry::Edited(rig.draft.remove_last().unwrap()));
    let (log, mut files) = disk_after(&rig.disk.writes, rig.disk.writes.len(), 0);
    files.insert("stray.mp4".into(), vec![1, 2, 3]);
    let recovery = reopen(&log, &files);
    assert_eq!(recovery.orphans, ["stray.mp4"]);
    assert_eq!(recovery.entries, [Entry::Started], "the page start ends the history");
    assert_eq!(recovery.draft.unreferenced_files(), ["0002.mp4"]);
    assert_eq!(recovery.draft.timeline().count(), 1);

    // Storage that was evicted, and a sealed file that lost its end.
    files.remove("0002.mp4");
    let short = files.get_mut("0001.mp4").unwrap();
    short.truncate(short.len() - 100);
    let recovery = reopen(&log, &files);
    assert_eq!((recovery.lost.len(), recovery.recovered.len()), (1, 1));
    assert!(recovery.evicted.is_empty(), "what was deleted anyway is no loss");
    let left = recovery.draft.timeline().next().unwrap();
    assert!(left.recovered && left.duration.0 > 80_000);
    files.remove("0001.mp4");
    let recovery = reopen(&log, &files);
    assert_eq!((&recovery.evicted[..], recovery.draft.timeline().count()), (&[SegmentId(1)][..], 0));
}

#[test]
fn a_relaid_segment_counts_only_where_its_file_is_whole() {
    let mut rig = session();
    let before = rig.draft.segments().next().cloned().expect("two takes");
    let mut relaid: SegmentRecord = before.clone();
    relaid.opened.file = before.id().upright_file();
    let old = rig.disk.files[&before.opened.file].clone();
    // Not in the journal yet: nobody's.
    let (log, mut files) = disk_after(&rig.disk.writes, rig.disk.writes.len(), 0);
    files.insert(relaid.opened.file.clone(), old.clone());
    let recovery = reopen(&log, &files);
    assert_eq!((&recovery.orphans[..], recovery.draft.segment(before.id())), (&["1u.mp4".into()][..], Some(&before)));

    rig.decide(&Entry::Relaid(relaid.clone()));
    let (log, _) = disk_after(&rig.disk.writes, rig.disk.writes.len(), 0);
    let recovery = reopen(&log, &files);
    assert_eq!(recovery.draft.segment(before.id()), Some(&relaid));
    assert!(recovery.entries.is_empty() && recovery.orphans.is_empty());
    assert_eq!(recovery.draft.unreferenced_files(), ["0001.mp4"]);

    // Gone or short, while the file before is still there: nothing is lost.
    for left in [0, old.len() - 100] {
        let mut files = files.clone();
        files.insert("1u.mp4".into(), old[..left].to_vec());
        let recovery = reopen(&log, &files);
        assert_eq!(recovery.draft.segment(before.id()), Some(&before));
        assert!(recovery.lost.is_empty() && recovery.recovered.is_empty());
        assert_eq!((&recovery.orphans[..], recovery.draft.replaced().count()), (&["1u.mp4".into()][..], 0));
        // And so the next time, from what was written.
        let entries = recovery.entries.iter().flat_map(journal::encode);
        let again = reopen(&log.iter().copied().chain(entries).collect::<Vec<u8>>(), &files);
        assert_eq!((&again.draft, again.entries.len()), (&recovery.draft, 0));
    }

    // Without it, what is left of the relaid one counts as ever.
    files.remove("0001.mp4");
    files.insert("1u.mp4".into(), old[..old.len() - 100].to_vec());
    let recovery = reopen(&log, &files);
    assert_eq!((&recovery.recovered[..], recovery.lost.len()), (&[before.id()][..], 0));
    files.remove("1u.mp4");
    let recovery = reopen(&log, &files);
    assert_eq!((&recovery.evicted[..], recovery.draft.replaced().count()), (&[before.id()][..], 0));
}
