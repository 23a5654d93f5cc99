//! Seams in the sound of films of real clips: the places are those of the film with edit lists, and with packets put in
//! there one edit is all that is left, nothing hidden behind the first, whatever a player makes of edit lists.

use std::path::PathBuf;

use onetake_core::export::{ClipSpec, ExportError, Form, Layout, Patch, Recipe, Seam, Side, Warning, film, seams};
use onetake_core::time::Micros;
use onetake_tests::clips::Bench;
use onetake_tests::ffmpeg::{self, frame_hashes};
use onetake_tests::film::{self as reader, Track};
use onetake_tests::recording::Disk;

/// Stands for an encoder: the very packets that are there.
fn copied(files: &[Vec<u8>], seam: &Seam) -> Patch {
    let packets = |side: &Side| -> Vec<Vec<u8>> {
        let bytes = |range: &std::ops::Range<u64>| {
            files[side.source as usize][range.start as usize..range.end as usize].to_vec()
        };
        side.packets.iter().map(bytes).collect()
    };
    let before = seam.before.as_ref().map_or(Vec::new(), packets);
    let after = packets(&seam.after).split_off(seam.after.lead);
    let kept = &before[before.len() - seam.packets_before..];
    Patch { packets: [kept, &after[..seam.packets_after]].concat() }
}

fn sound(film: &[u8]) -> Track {
    reader::tracks(film).into_iter().find(|track| track.handler == "soun").expect("sound")
}

/// Both films of a recipe, and how many seams one has.
fn both(bench: &Bench, clips: &[&PathBuf], recipe: &mut Recipe) -> (Layout, usize) {
    let files: Vec<Vec<u8>> = clips.iter().map(|clip| std::fs::read(clip).expect("a clip")).collect();
    let mut disk = Disk::new(files.iter().cloned());
    let indexes = disk.indexes().expect("clips");
    let hiding = disk.compose(&film(&indexes, recipe).expect("a film"));
    let found = seams(&indexes, recipe).expect("seams");
    recipe.patches = found.iter().map(|seam| copied(&files, seam)).collect();
    let layout = film(&indexes, recipe).expect("a film");
    let bytes = disk.compose(&layout);
    assert_eq!(bytes.len() as u64, layout.report.bytes);
    let path = bench.keep("seams.mp4", &bytes);
    let pictures = frame_hashes(&path, "v:0");
    assert!(pictures == frame_hashes(&bench.keep("hiding.mp4", &hiding), "v:0"));
    ffmpeg::decodes(&path);
    if recipe.form == Form::FastStart {
        let (one, other) = (sound(&bytes), sound(&hiding));
        assert_eq!(one.durations[2], other.durations[2], "as long as with edit lists");
        for patch in &recipe.patches {
            let own: Vec<&[u8]> = patch.packets.iter().map(Vec::as_slice).collect();
            let samples: Vec<&[u8]> = one.samples.iter().map(|sample| &bytes[sample.range.clone()]).collect();
            assert!(samples.windows(own.len()).any(|row| row == own), "the packets of a patch in a row");
        }
        let times: Vec<u64> = one.samples.iter().map(|sample| sample.time).collect();
        let step = u64::from(one.samples[1].duration);
        assert!(times.iter().zip(0..).all(|(time, number)| *time == number * step), "packet after packet");
    }
    (layout, found.len())
}

#[test]
fn with_seams_the_sound_is_one_run_of_packets_under_one_edit() {
    let bench = Bench::new();
    for (audio, packet) in [("aac", 1024), ("libopus", 960)] {
        let one = bench.clip("one.mp4", 0.0, 1.9, &format!("-bf 2 -c:a {audio}"));
        let two = bench.clip("two.mp4", 4.0, 2.0, &format!("-bf 2 -c:a {audio}"));
        let three = bench.clip("three.mp4", 7.0, 1.3, &format!("-bf 2 -c:a {audio}"));
        for form in [Form::FastStart, Form::Fragmented] {
            let mut recipe = Recipe { form, ..Recipe::join(0..3) };
            let (layout, found) = both(&bench, &[&one, &two, &three], &mut recipe);
            assert_eq!(found, 2);
            assert!(!layout.report.warnings.contains(&Warning::EditList), "{:?}", layout.report.warnings);
            if form == Form::Fragmented {
                continue;
            }
            let path = bench.path("seams.mp4");
            let track = sound(&std::fs::read(&path).expect("a film"));
            let [(_, skipped)] = track.edits[..] else { panic!("{:?}", track.edits) };
            let shown = ffmpeg::sound_samples(&path);
            assert_eq!(shown, ffmpeg::sound_samples(&bench.path("hiding.mp4")));
            assert!(skipped <= 1024);
            let all = track.samples.len() as u64 * packet;
            assert!((all - shown - skipped as u64) < packet, "{all} {shown} {skipped}");
        }
        // After silence only what follows is encoded anew.
        let mute = bench.clip("mute.mp4", 2.0, 0.5, "-bf 2 -an");
        let (layout, found) = both(&bench, &[&one, &mute, &two], &mut Recipe::join(0..3));
        assert_eq!((found, layout.report.warnings.contains(&Warning::EditList)), (1, false));
        // Parts of one file, from which packets had to be hidden.
        let part = |start, end| ClipSpec { source: 0, range: Some(Micros(start)..Micros(end)) };
        let clips = vec![part(1_000_000, 1_500_000), part(200_000, 700_000), part(700_000, 1_200_000)];
        let mut recipe = Recipe { clips, exact: true, ..Recipe::default() };
        let (_, found) = both(&bench, &[&two], &mut recipe);
        assert_eq!(found, 1, "the third part goes on where the second ends");
        let edits = |name: &str| sound(&std::fs::read(bench.path(name)).expect("a film")).edits.len();
        assert_eq!((edits("seams.mp4"), edits("hiding.mp4")), (1, 2));
    }
}

#[test]
fn where_a_clip_is_too_short_packets_stay_hidden_and_patches_of_another_film_are_refused() {
    let bench = Bench::new();
    let long = bench.clip("long.mp4", 0.0, 1.0, "-c:a libopus");
    let mut disk = Disk::new([std::fs::read(&long).expect("a clip")]);
    let indexes = disk.indexes().expect("clips");
    let part = |start, end| ClipSpec { source: 0, range: Some(Micros(start)..Micros(end)) };
    let clips = vec![part(500_000, 900_000), part(200_000, 233_000), part(500_000, 900_000)];
    let mut recipe = Recipe { clips, exact: true, ..Recipe::default() };
    assert_eq!(seams(&indexes, &recipe).map(|seams| seams.len()), Ok(0));
    assert!(film(&indexes, &recipe).expect("a film").report.warnings.contains(&Warning::EditList));
    recipe.patches = vec![Patch::default()];
    assert_eq!(film(&indexes, &recipe), Err(ExportError::WrongPatches));
}
