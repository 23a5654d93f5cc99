//! What edit lists show of files that others made, real ones and those ffmpeg makes here: the same samples at the same times
//! as ffprobe lists with edits applied.

use std::path::Path;

use onetake_core::demux::{Container, FileIndex, TrackIndex, presentation};
use onetake_core::export::{ExportError, Recipe, film};
use onetake_core::media::TrackKind;
use onetake_core::time::Ticks;
use onetake_tests::clips::{Bench, FRAGMENTED};
use onetake_tests::ffmpeg;
use onetake_tests::recording::Disk;

use crate::foreign;

/// When each shown sample begins, in ticks of the track, in the order they are shown.
fn shown(index: &FileIndex, track: &TrackIndex) -> Result<Vec<i64>, &'static str> {
    let tables = &track.tables;
    let (mut decode, mut samples) = (track.start as i64, Vec::new());
    for (duration, offset) in tables.durations.iter().zip(tables.offsets.iter()) {
        samples.push((decode + i64::from(offset), i64::from(duration)));
        decode += i64::from(duration);
    }
    let mut list = Vec::new();
    for stretch in presentation(index.head(), track)? {
        let at = index.head().timescale.rescale(Ticks(stretch.at as i64), track.timescale).expect("a time").0;
        // ffprobe shows a picture from its beginning or not at all, and every packet of sound that is heard in part.
        let seen = |&&(begin, duration): &&(i64, i64)| match track.kind {
            TrackKind::Video => stretch.media.contains(&begin),
            TrackKind::Audio => begin < stretch.media.end && begin + duration > stretch.media.start,
        };
        list.extend(samples.iter().filter(seen).map(|(begin, _)| at + begin - stretch.media.start));
    }
    list.sort_unstable();
    Ok(list)
}

/// The same, by ffprobe.
fn probed(path: &Path, place: usize) -> Option<Vec<i64>> {
    let words = format!("-v quiet -select_streams {place} -show_entries packet=pts,flags -of csv=p=0 FILE");
    let text = ffmpeg::ask("ffprobe", &words, path)?;
    let shown = text.lines().filter(|line| !line.contains('D') && !line.is_empty());
    let mut list: Vec<i64> = shown.filter_map(|line| line.split(',').next()?.parse().ok()).collect();
    list.sort_unstable();
    Some(list)
}

/// Whether these are the same times. ffprobe puts several samples of PCM into one packet, and lists packets of fragments that
/// lie before the first edit.
fn alike(index: &FileIndex, own: &[i64], other: &[i64]) -> bool {
    let before = |time: &&i64| Some(**time) < own.first().copied();
    let hidden =
        if index.head().container == Container::Fragmented { other.iter().take_while(before).count() } else { 0 };
    let other = &other[hidden..];
    let packed = other.len() < own.len() && own.windows(2).all(|pair| pair[1] - pair[0] == 1);
    if packed {
        return own.first() == other.first() && other.iter().all(|time| own.binary_search(time).is_ok());
    }
    own == other
}

/// What is wrong with what we say a file shows.
fn compare(path: &Path) -> Vec<String> {
    let Ok((index, _)) = foreign::index(path) else { return Vec::new() };
    let mut wrong = Vec::new();
    let Some(probe) = ffmpeg::probe(path) else { return Vec::new() };
    for track in index.tracks() {
        let Some(place) = probe.streams.iter().position(|id| *id == track.id) else { continue };
        let other = probed(path, place).unwrap_or_default();
        let own = match shown(&index, track) {
            Ok(own) => own,
            Err(what) => {
                wrong.push(format!("track {}: {what}", track.id));
                continue;
            }
        };
        if !alike(&index, &own, &other) {
            let first = own.iter().zip(&other).position(|(own, other)| own != other);
            let ([own, other], counts) = ([&own, &other].map(|list| list.first()), (own.len(), other.len()));
            let id = track.id;
            wrong.push(format!("track {id}: {counts:?} shown, at {first:?}: {own:?} {other:?}, {:?}", track.edits));
        }
    }
    wrong
}

#[test]
fn edit_lists_show_what_ffprobe_shows() {
    let bench = Bench::new();
    let plain = bench.clip("plain.mp4", 0.0, 2.0, "-bf 2 -c:a aac");
    let mut files = foreign::corpus();
    files.extend([
        bench.make("cut.mp4", &format!("-ss 0.5 -i {} -c copy", plain.display())),
        bench.make("late.mp4", &format!("-i {0} -itsoffset 0.7 -i {0} -map 0:v -map 1:a -c copy", plain.display())),
        bench.make("behind.mp4", &format!("-itsoffset 0.7 -i {0} -i {0} -map 0:v -map 1:a -c copy", plain.display())),
        bench.clip("fragments.mp4", 0.0, 2.0, &format!("-bf 2 -c:a aac {FRAGMENTED}")),
        bench.clip("delayed.mp4", 0.0, 2.0, "-bf 2 -c:a aac -movflags frag_keyframe+delay_moov"),
        bench.clip("opus.mp4", 0.0, 2.0, "-bf 2 -c:a libopus"),
        bench.clip("negative.mp4", 0.0, 2.0, "-bf 2 -c:a aac -movflags negative_cts_offsets"),
        plain,
    ]);
    let name = |file: &Path| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wrong: Vec<String> =
        files.iter().flat_map(|file| compare(file).into_iter().map(|what| format!("{}: {what}", name(file)))).collect();
    assert!(wrong.is_empty(), "of {} files:\n{}", files.len(), wrong.join("\n"));
}

/// The packets of a stream that are shown: when, counted from the first, and the hash of their bytes.
fn packets(path: &Path, stream: &str) -> Vec<(i64, String)> {
    let words =
        format!("-v quiet -select_streams {stream} -show_data_hash md5 -show_entries packet=pts,flags,data_hash FILE");
    let text = ffmpeg::ask("ffprobe", &words, path).unwrap_or_default();
    let packet = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let shown = !field("flags=")?.contains('D');
        shown.then_some((field("pts=")?.parse().ok()?, field("data_hash=")?.to_owned()))
    };
    let mut list: Vec<(i64, String)> = text.split("[/PACKET]").filter_map(packet).collect();
    let first = list.iter().map(|(time, _)| *time).min().unwrap_or(0);
    list.iter_mut().for_each(|(time, _)| *time -= first);
    list
}

#[test]
fn real_files_written_anew_keep_every_shown_packet_at_its_time() {
    let scratch = ffmpeg::Scratch::new();
    let files = foreign::corpus();
    let mut wrong = Vec::new();
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok((index, _)) = foreign::index(path) else { continue };
        let bytes = std::fs::read(path).expect("a file");
        let layout = match film(std::slice::from_ref(&index), &Recipe::join([0])) {
            Ok(layout) => layout,
            // What cannot be played without a key is not made anew.
            Err(ExportError::Unsupported { what: "encrypted samples", .. }) => continue,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let disk = Disk::new([bytes]);
        let anew = scratch.write("anew.mp4", &disk.compose(&layout));
        let mut places = [0, 0];
        for track in index.tracks().iter().filter(|track| track.tables.samples() > 0) {
            let place = &mut places[usize::from(track.kind == TrackKind::Audio)];
            let stream = format!("{}:{place}", if track.kind == TrackKind::Audio { "a" } else { "v" });
            *place += 1;
            let (source, own) = (packets(path, &stream), packets(&anew, &stream));
            if source != own {
                let first = source.iter().zip(&own).position(|(source, own)| source != own);
                wrong.push(format!(
                    "{name} {stream}: {} of {} at {first:?} {:?} {:?} {:?}",
                    own.len(),
                    source.len(),
                    first.map(|at| (&source[at], &own[at])),
                    track.edits,
                    layout.report
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "of {} files:\n{}", files.len(), wrong.join("\n"));
}
