//! Pauses, flips and long runs: segments of equal tracks, sound and picture together, memory that does not grow.

use std::iter;

use onetake_core::record::{Dropped, RecordEvent, RecordState};
use onetake_core::time::Micros;
use onetake_tests::recording;

use super::devices::{Camera, Chance, Microphone};
use super::rig::{AAC, BEGIN, Film, OPUS, OWN, Rig};

#[test]
fn twenty_random_pauses_leave_both_tracks_equal_and_the_click_where_it_belongs() {
    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN + 7_000, 30.0));
    let mut microphone = Microphone::new(BEGIN, 44_100, OWN);
    microphone.ppm = 200.0;
    rig.set_microphone(microphone);
    rig.run(1_000_000);
    let mut chance = Chance(42);
    for take in 1..=20 {
        rig.record();
        rig.run(200_000 + chance.below(1_400_000));
        let record = rig.pause();
        let film = rig.film(&record.opened.file);
        assert_eq!((film.showing() - film.sounding, record.skew.0), (0, 0), "take {take}");
        assert_eq!(film.sounding % 960, 0);
        assert!(film.syncs[0]);
        let found = film.clicks();
        assert!(found.len() == 1 && found[0].abs_diff(4800) <= 1, "take {take}: clicks at {found:?}");
        rig.run(chance.below(900_000));
    }
    let stats = rig.recorder.stats();
    assert_eq!((stats.captured, stats.dropped), (stats.encoded, Default::default()));
    assert_eq!(stats.silence.0, 0);
    assert_eq!(rig.draft.timeline().count(), 20);

    // Joined in any order: every click where the lengths before it say, and no media byte read for it.
    let files: Vec<Vec<u8>> = rig.disk.files.values().cloned().collect();
    let mut disk = recording::Disk::new(files);
    let order: Vec<u32> = (0..20).map(|place| (place * 7 + 3) % 20).collect();
    let layout = disk.export(&order).expect("they join");
    assert_eq!((layout.report.skew.0, disk.media_bytes_read()), (0, 0));
    let film = Film::joined(&disk.compose(&layout));
    assert_eq!((film.sounding, film.showing()), (layout.report.duration.0, layout.report.duration.0));
    let mut begin = 0;
    for (found, source) in film.clicks().into_iter().zip(order) {
        assert!(found.abs_diff(begin + 4800) <= 1, "{found}, wanted {begin} + 4800");
        begin += rig.film(&format!("{:04}.mp4", source + 1)).sounding as usize;
    }
    assert_eq!(begin as i64, film.sounding);
}

#[test]
fn the_pause_cuts_at_the_first_packet_after_it_and_takes_no_later_picture() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(1_234_567);
    let paused = rig.now;
    let record = rig.pause();
    let length = (paused - rig.origins[0]) as f64 * 0.048;
    assert_eq!(record.duration.0, (length / 960.0).ceil() as i64 * 960);
    let film = rig.film(&record.opened.file);
    let last = *film.numbers.last().unwrap();
    let camera = rig.camera.as_ref().unwrap();
    // The map knows a frame's time to the smallest arrival delay, 300 µs.
    assert!(camera.taken(last) + 300.0 < paused as f64);
    assert!(camera.taken(last + 1) + 300.0 >= paused as f64, "the frame before the pause is in");
}

#[test]
fn the_last_picture_is_shown_for_a_whole_frame_wherever_the_pause_falls() {
    let mut chance = Chance(7);
    for (sound, frame_rate) in
        [(Some(OPUS), 30.0), (Some(AAC), 30.0), (Some(OPUS), 60.0), (Some(OPUS), 24.0), (None, 30.0)]
    {
        let mut rig = Rig::new();
        rig.sound = sound;
        rig.set_camera(Camera::new(BEGIN + 3_000, frame_rate));
        rig.set_microphone(Microphone::new(BEGIN + 1_234, 48_000, OWN));
        rig.run(1_000_000);
        let interval = (48_000.0 / frame_rate) as i64;
        for take in 0..24 {
            rig.record();
            rig.run(150_000 + chance.below(500_000));
            if take % 2 == 0 {
                // Right after a frame was taken, on its way still or just delivered.
                let camera = rig.camera.as_ref().unwrap();
                let taken = camera.taken(camera.next) as i64;
                rig.run(taken + 302 + 200 * (take % 7) - rig.now);
            }
            let paused = rig.now;
            let record = rig.pause();
            let film = rig.film(&record.opened.file);
            let last = i64::from(*film.durations.last().unwrap());
            assert!(last >= interval - 1, "{frame_rate}: take {take} ends in {last} ticks");
            assert!(film.syncs[0]);
            assert_eq!((film.showing(), record.skew.0), (record.duration.0, 0));
            match sound {
                Some(plan) => {
                    let packet = i64::from(plan.codec.packet());
                    assert_eq!((film.sounding, film.sounding % packet), (film.showing(), 0));
                    // Not a packet longer than the pause and the last picture need.
                    let needed = (((paused - rig.origins[take as usize]) as f64 * 0.048) as i64)
                        .max(film.showing() - last + interval);
                    assert!(film.sounding <= needed + packet, "{} of {needed}", film.sounding);
                    assert!(film.clicks()[0].abs_diff(4800) <= 1, "{:?}", film.clicks());
                }
                None => assert_eq!(last, interval),
            }
            rig.run(chance.below(90_000));
        }
        let stats = rig.recorder.stats();
        assert_eq!((stats.captured, stats.dropped), (stats.encoded + stats.surplus, Default::default()));
        assert_eq!(stats.silence.0, 0);
    }
}

#[test]
fn a_pause_that_is_heard_of_late_still_cuts_where_it_was_pressed() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(700_000);
    let pressed = rig.now;
    rig.run(180_000);
    rig.recorder.seal(Micros(pressed)).unwrap();
    rig.run(400_000);
    let record = &rig.sealed[0];
    let length = (pressed - rig.origins[0]) as f64 * 0.048;
    assert_eq!(record.duration.0, (length / 960.0).ceil() as i64 * 960);
    let film = rig.film(&record.opened.file);
    assert_eq!(film.showing(), film.sounding);
    let stats = rig.recorder.stats();
    assert_eq!(stats.surplus + record.frames, stats.captured);
    assert!(stats.surplus >= 5);
}

#[test]
fn a_flip_while_recording_seals_one_segment_and_opens_the_next_on_another_clock() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(900_000);
    let flipped = rig.now;
    rig.recorder.seal(Micros(flipped)).unwrap();
    let mut other = Camera::new(rig.now + 120_000, 24.0);
    other.zero = 999_000_000;
    rig.set_camera(other);
    for _ in 0..500 {
        if rig.recorder.state() == RecordState::Idle {
            break;
        }
        rig.run(1_000);
    }
    let plan = rig.plan(1);
    rig.open(plan);
    rig.run(1_200_000);
    rig.pause();
    assert_eq!(rig.sealed.len(), 2);
    // The other camera needs 120 ms; its first frame begins the next segment.
    let origin = rig.origins[1] - flipped;
    assert!((120_000..120_000 + 42_000).contains(&origin), "the other camera is seen after {origin} µs");
    for record in &rig.sealed {
        let film = rig.film(&record.opened.file);
        assert_eq!(film.showing(), film.sounding);
        assert!(film.clicks()[0].abs_diff(4800) <= 1, "{:?}", film.clicks());
        assert_eq!(record.opened.take, 1);
    }
    assert_eq!(rig.recorder.stats().dropped.source, 0, "the flip is no gap");
    let edit = rig.draft.remove_last().unwrap();
    rig.draft.apply(&onetake_core::draft::Entry::Edited(edit)).unwrap();
    assert_eq!(rig.draft.timeline().count(), 0, "one take");
}

#[test]
fn a_new_camera_before_the_seal_gives_its_frames_to_nobody() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(500_000);
    let delivered = rig.delivered.len();
    rig.set_camera(Camera::new(rig.now, 30.0));
    rig.run(500_000);
    assert_eq!(rig.delivered.len(), delivered);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!(film.showing(), film.sounding);
    assert!(*film.durations.last().unwrap() > 20_000, "the last picture stands");
}

#[test]
fn an_unplugged_camera_leaves_a_whole_segment() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(1_500_000);
    rig.unplug_camera();
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing(), film.numbers.len()), (film.sounding, rig.delivered.len()));

    // At its limit, too, without any frame to show that it passed.
    let mut rig = Rig::previewing(48_000);
    let mut plan = rig.plan(1);
    plan.limit = Some(onetake_core::time::Ticks(48_000));
    rig.open(plan);
    rig.run(500_000);
    rig.unplug_camera();
    rig.run(1_500_000);
    assert_eq!(rig.sealed[0].duration.0, 48_000);
    assert!(rig.events.contains(&RecordEvent::LimitReached));
}

#[test]
fn a_device_whose_clock_falls_back_or_leaps_ahead_goes_on_in_the_same_segment() {
    for (camera, microphone) in [(-60_000_000, 0), (7_200_000_000, 0), (0, 7_200_000_000)] {
        let mut rig = Rig::previewing(48_000);
        rig.record();
        rig.run(1_000_000);
        rig.camera.as_mut().unwrap().zero += camera;
        rig.microphone.as_mut().unwrap().own -= microphone;
        rig.run(1_000_000);
        let record = rig.pause();
        let film = rig.film(&record.opened.file);
        assert_eq!(film.numbers.len(), rig.delivered.len());
        assert_eq!(film.showing(), film.sounding);
        assert!(film.durations.iter().all(|ticks| (1..3400).contains(ticks)), "{:?}", film.durations);
        assert_eq!(rig.recorder.stats().silence.0, 0);
        assert!(rig.most_in_one_turn < 100, "{} outputs at once", rig.most_in_one_turn);
    }
}

/// How long after each second of [`worst_skew`] its click is heard, in turn by the minute: ten milliseconds before the sound
/// that is lost in the hour of gaps below, and as soon after it as blocks of 40 ms let it be heard.
const CLICKS: [i64; 2] = [190_000, 570_000];

/// Largest distance of clicks, one a second, from where the pictures of their instant are, in samples.
fn worst_skew(camera_ppm: f64, microphone_ppm: f64, seconds: i64, trouble: impl Fn(&mut Rig, i64)) -> (f64, Rig) {
    let mut rig = Rig::new();
    let mut camera = Camera::new(BEGIN, 30.0);
    camera.ppm = camera_ppm;
    rig.set_camera(camera);
    let mut microphone = Microphone::new(BEGIN, 8_000, OWN);
    microphone.ppm = microphone_ppm;
    microphone.block = 320;
    rig.set_microphone(microphone);
    rig.run(1_000_000);
    rig.click_after = None;
    rig.record();
    let mut wanted = Vec::new();
    for second in 1..seconds {
        trouble(&mut rig, second);
        let at = rig.now + CLICKS[usize::from(second % 120 >= 60)];
        rig.room.click(at as f64);
        wanted.push(at as f64);
        rig.run(1_000_000);
    }
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing() - film.sounding, record.skew.0), (0, 0));
    let found = film.clicks();
    assert_eq!(found.len(), wanted.len());
    let camera = rig.camera.as_ref().expect("it was never unplugged");
    // When each picture was taken, and where the film shows it.
    let mut shown = 0;
    let pictures: Vec<(f64, i64)> = film
        .numbers
        .iter()
        .zip(&film.durations)
        .map(|(number, ticks)| {
            let place = shown;
            shown += i64::from(*ticks);
            (camera.taken(*number), place)
        })
        .collect();
    let distance = |(found, wall): (usize, f64)| {
        let before = pictures.partition_point(|(taken, _)| *taken <= wall) - 1;
        let (taken, place) = pictures[before];
        // The map holds a picture to be 300 µs later than it was, the smallest arrival delay.
        (found as f64 - place as f64 - (wall - 300.0 - taken) * 0.048).abs()
    };
    let worst = found.into_iter().zip(wanted).map(distance).fold(0.0, f64::max);
    (worst, rig)
}

#[test]
fn skew_stays_under_a_millisecond_whatever_the_microphones_clock_does_and_under_three_if_the_cameras_drifts() {
    for (camera, microphone, most) in
        [(0.0, 0.0, 48.0), (0.0, 200.0, 48.0), (0.0, -200.0, 48.0), (-12.0, 100.0, 144.0), (150.0, 0.0, 144.0)]
    {
        let (worst, rig) = worst_skew(camera, microphone, 40, |_, _| {});
        assert!(worst < most, "{camera} and {microphone} ppm: {worst} samples");
        assert_eq!(rig.recorder.stats().silence.0, 0);
    }
}

#[test]
fn a_camera_whose_clock_begins_anew_stays_with_its_sound_after_a_drift_and_when_it_is_heard_of_late() {
    // By then its own clock is 22 ms ahead of the wall's.
    let (worst, _) = worst_skew(150.0, 0.0, 200, |rig, second| {
        if second == 150 {
            rig.camera.as_mut().expect("it was never unplugged").zero -= 60_000_000;
        }
    });
    assert!(worst < 240.0, "after a drift: {worst} samples");
    let (worst, rig) = worst_skew(0.0, 0.0, 100, |rig, second| {
        if second == 70 {
            rig.busy = iter::once(rig.now + 50_000..rig.now + 450_000).collect();
            rig.camera.as_mut().expect("it was never unplugged").zero -= 60_000_000;
        }
    });
    assert!(worst < 240.0, "heard of late: {worst} samples");
    let stats = rig.recorder.stats();
    assert_eq!((stats.captured, stats.dropped), (stats.encoded, Dropped::default()));
}

#[test]
fn an_hour_with_drift_keeps_skew_small_and_memory_flat() {
    let (worst, rig) = worst_skew(-12.0, 200.0, 3_600, |_, _| {});
    assert!(worst < 144.0, "{worst} samples");
    let ring = 2 * 3 * 8_000 * 4;
    assert!(rig.most_held < ring + 100_000, "{} bytes held", rig.most_held);
    let stats = rig.recorder.stats();
    assert_eq!((stats.silence.0, stats.dropped), (0, Default::default()));
}

#[test]
fn an_hour_of_bursts_gaps_and_restarts_keeps_skew_under_five_milliseconds_at_every_moment() {
    let trouble = |rig: &mut Rig, second: i64| {
        let now = rig.now;
        let later = second % 120 >= 60;
        let camera = rig.camera.as_mut().expect("it was never unplugged");
        let microphone = rig.microphone.as_mut().expect("it was never unplugged");
        match second % 60 {
            // Ten pictures that never come, around the click.
            5 => camera.holes = (camera.next + 2..camera.next + 12).collect(),
            // What was taken meanwhile arrives at once.
            12 | 33 => rig.busy = iter::once(now + 100_000..now + 600_000).collect(),
            // Lost sound, right behind a click or before one.
            23 => microphone.holes = iter::once(now + 200_000..now + 520_000).collect(),
            // The stamps begin anew, a little later or an hour earlier; the sound goes on.
            41 if later => microphone.own -= 250_000,
            41 => microphone.own += 3_700_000_000,
            // So do the camera's, an hour later or a minute earlier; the pictures go on.
            51 if later => camera.zero -= 60_000_000,
            51 => camera.zero += 3_600_000_000,
            _ => {}
        }
    };
    let (worst, rig) = worst_skew(-12.0, 200.0, 3_600, trouble);
    assert!(worst < 240.0, "{worst} samples");
    let ring = 2 * 3 * 8_000 * 4;
    assert!(rig.most_held < ring + 100_000, "{} bytes held", rig.most_held);
    let stats = rig.recorder.stats();
    // Sixty gaps of 320 ms, to a block.
    let silence = stats.silence.0 as f64 / 48_000.0;
    assert!((silence - 60.0 * 0.32).abs() < 60.0 * 0.04 + 0.5, "{silence} s of silence");
    // And sixty of ten pictures.
    let dropped = Dropped { source: 600, ..Dropped::default() };
    assert_eq!((stats.captured, stats.dropped), (stats.encoded, dropped));
}
