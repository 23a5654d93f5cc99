//! A crash anywhere: the disk is torn at every write and inside it, and everything acknowledged comes back.

use std::collections::BTreeMap;

use onetake_core::demux::FileIndex;
use onetake_core::draft::{Entry, FileInfo, Recovery, journal, recover};
use onetake_tests::recording::scan;

use super::rig::{Film, Rig, Write};

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

fn reopen(log: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Recovery {
    let listing: Vec<FileInfo> =
        files.iter().map(|(name, bytes)| FileInfo { name: name.clone(), length: bytes.len() as u64 }).collect();
    let wanted = onetake_core::draft::recover::to_scan(log, &listing).expect("our version");
    let index = |name: &String| Some((name.clone(), scan(&files[name]).ok()?.0));
    let indexes: BTreeMap<String, FileIndex> = wanted.iter().filter_map(index).collect();
    recover(log, &listing, indexes).expect("our version")
}

/// Two takes, the second by flip of two segments.
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

/// Checks one crash; the media recovered, ticks.
fn check(rig: &Rig, whole: usize, part: usize) -> i64 {
    let (log, files) = disk_after(&rig.disk.writes, whole, part);
    let recovery = reopen(&log, &files);
    assert_eq!(recovery.cut_to + recovery.torn, log.len() as u64);
    let mut total = 0;
    for record in recovery.draft.timeline() {
        let bytes = &files[&record.opened.file];
        let (mut index, _) = scan(bytes).expect("a file of ours");
        if record.recovered {
            index.end_at_last_packet();
        }
        let film = Film::of(&index, bytes);
        assert_eq!(film.showing(), film.sounding, "after {whole} writes and {part} bytes");
        assert_eq!((film.sounding, film.numbers.len() as u64), (record.duration.0, record.frames));
        assert_eq!(film.sounding % 960, 0);
        if film.sounding > 5_760 {
            assert!(film.clicks()[0].abs_diff(4800) <= 1);
        }
        total += film.sounding;
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

#[test]
fn every_whole_append_survives_a_crash_at_every_write() {
    let rig = session();
    let writes = &rig.disk.writes;
    let mut before = 0;
    for whole in 0..writes.len() {
        let total = check(&rig, whole, 0);
        assert!(total >= before, "less after more writes");
        if let Some(Write::File(name, _)) = whole.checked_sub(1).map(|last| &writes[last]) {
            // Everything appended so far, up to the last whole packet of it.
            let (_, files) = disk_after(writes, whole, 0);
            let stored = scan(&files[name]).unwrap().0;
            let sound = stored.track(onetake_core::media::TrackKind::Audio).unwrap().tables.duration as i64;
            let earlier =
                rig.draft.timeline().filter(|one| one.opened.file != *name && files.contains_key(&one.opened.file));
            assert_eq!(total, sound + earlier.map(|one| one.duration.0).sum::<i64>());
        }
        before = total;
    }
    assert_eq!(check(&rig, writes.len(), 0), rig.draft.duration().0);
}

#[test]
fn the_last_write_may_be_torn_at_any_byte() {
    let rig = session();
    let writes = &rig.disk.writes;
    for (place, write) in writes.iter().enumerate() {
        let length = match write {
            Write::Journal(bytes) | Write::File(_, bytes) => bytes.len(),
        };
        let whole = check(&rig, place, 0);
        let step = if length > 300 { length / 23 } else { 7 };
        for part in (1..length).step_by(step.max(1)).chain([length - 1]) {
            assert_eq!(check(&rig, place, part), whole, "write {place} torn at {part} of {length}");
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
    let left = recovery.draft.timeline().next().unwrap();
    assert!(left.recovered && left.duration.0 > 80_000);
}
