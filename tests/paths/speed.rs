//! Takes faster and slower than the world: pictures, sound and lengths of each, and their joins.

use onetake_core::record::{DropReason, Pace, RecordEvent, SoundPlan, Speed};
use onetake_core::time::Ticks;
use onetake_tests::recording;

use super::devices::{Camera, Microphone};
use super::rig::{AAC, BEGIN, Film, OPUS, OWN, Rig};

fn pace(thousandths: u32) -> Pace {
    Pace { speed: Speed::from_thousandths(thousandths).expect("a speed of a take"), ..Pace::default() }
}

/// How far what is heard may stand from where it should, in samples: a piece lies up to 8 ms off, and sound within half a
/// piece of 20 ms runs at the world's speed.
fn window(thousandths: u32) -> f64 {
    let speed = f64::from(thousandths) / 1000.0;
    (8.0 + 10.0 * (speed - 1.0).abs()) / speed * 48.0 + 48.0
}

/// The middle of the burst that stands around this sample, by its energy.
fn burst_near(pcm: &[f32], at: f64, reach: f64) -> f64 {
    let from = (at - reach).max(0.0) as usize;
    let to = ((at + reach) as usize).min(pcm.len());
    let (mut energy, mut moment) = (0.0, 0.0);
    for (index, sample) in pcm.iter().enumerate().take(to).skip(from) {
        let loud = f64::from(*sample).powi(2);
        energy += loud;
        moment += loud * index as f64;
    }
    assert!(energy > 1.0, "nothing is heard near {at}");
    moment / energy
}

/// Has begun a take of this speed, of a room that hums 440 Hz.
fn hearing_a_tone(thousandths: u32, channels: u8) -> Rig {
    let mut rig = Rig::previewing(48_000);
    rig.microphone.as_mut().expect("it was never unplugged").channels = channels.into();
    rig.sound = Some(SoundPlan { channels, ..OPUS });
    rig.click_after = None;
    rig.room.tone = 440.0;
    rig.pace = pace(thousandths);
    rig.run(200_000);
    rig.record();
    rig
}

#[test]
fn segments_of_every_speed_have_equal_tracks_sound_where_it_belongs_and_join() {
    for plan in [OPUS, AAC] {
        let mut rig = Rig::new();
        rig.sound = Some(plan);
        rig.set_camera(Camera::new(BEGIN + 7_000, 30.0));
        let mut microphone = Microphone::new(BEGIN, 44_100, OWN);
        microphone.ppm = 200.0;
        rig.set_microphone(microphone);
        rig.click_after = None;
        rig.run(1_000_000);
        let speeds = [1_000, 500, 2_000, 3_000, 1_000, 250, 4_000, 1_100];
        let mut wanted = Vec::new();
        let mut begin = 0.0;
        for thousandths in speeds {
            rig.pace = pace(thousandths);
            rig.record();
            rig.run(40_000);
            let origin = *rig.origins.last().unwrap();
            rig.room.bursts.push(origin as f64 + 600_000.0);
            let pressed = 1_800_000 + i64::from(thousandths % 700) * 100;
            rig.run(pressed - 40_000);
            let paused = rig.now;
            let record = rig.pause();
            let film = rig.film(&record.opened.file);
            assert_eq!((film.showing(), record.skew.0), (film.sounding, 0), "{thousandths}");
            assert_eq!(film.sounding % i64::from(plan.codec.packet()), 0);
            let media = (paused - origin) as f64 * 48.0 / f64::from(thousandths);
            // To the next packet, or as long as the last picture is shown: at a quarter of the speed for 133 ms.
            let more = film.sounding as f64 - media;
            let shown = 1600.0 * (1000.0 / f64::from(thousandths)).max(1.0);
            assert!((0.0..f64::from(plan.codec.packet()) + shown).contains(&more), "{thousandths}: {more}");
            let at = 630_000.0 * 48.0 / f64::from(thousandths);
            let (near, reach) = (window(thousandths), 3_000.0 * 1000.0 / f64::from(thousandths) + 1_500.0);
            let found = burst_near(&film.pcm(), at, reach);
            assert!((found - at).abs() < near, "{thousandths}: {} samples off, {near} are right", found - at);
            wanted.push((begin + at, near, reach));
            begin += film.sounding as f64;
        }
        let stats = rig.recorder.stats();
        assert_eq!((stats.silence.0, stats.dropped), (0, Default::default()));

        let files: Vec<Vec<u8>> = rig.disk.files.values().cloned().collect();
        let mut disk = recording::Disk::new(files);
        let order: Vec<u32> = (0..speeds.len() as u32).collect();
        let layout = disk.export(&order).expect("they join");
        assert_eq!((layout.report.skew.0, disk.media_bytes_read()), (0, 0));
        let film = Film::joined(&disk.compose(&layout));
        assert_eq!((film.sounding, film.showing()), (begin as i64, begin as i64));
        let pcm = film.pcm();
        for (at, near, reach) in wanted {
            assert!((burst_near(&pcm, at, reach) - at).abs() < near);
        }
    }
}

#[test]
fn a_tone_keeps_its_pitch_and_its_loudness() {
    for (thousandths, channels) in [(500, 1), (2_000, 1), (3_000, 1), (2_000, 2)] {
        let mut rig = hearing_a_tone(thousandths, channels);
        rig.run(3_000_000);
        let record = rig.pause();
        let pcm = rig.film(&record.opened.file).pcm();
        let seconds = pcm.len() as f64 / 48_000.0;
        let crossings = pcm.windows(2).filter(|two| two[0] < 0.0 && two[1] >= 0.0).count() as f64;
        assert!((crossings / seconds - 440.0).abs() < 3.0, "{thousandths}: {} Hz", crossings / seconds);
        // Every tenth of a second is one tone: what of its energy is at 440 Hz, and how much there is.
        for part in pcm.chunks_exact(4_800) {
            let (mut cosine, mut sine, mut energy) = (0.0, 0.0, 0.0);
            for (index, sample) in part.iter().enumerate() {
                let (sin, cos) = (std::f64::consts::TAU * 440.0 * index as f64 / 48_000.0).sin_cos();
                cosine += f64::from(*sample) * cos;
                sine += f64::from(*sample) * sin;
                energy += f64::from(*sample).powi(2);
            }
            let tone = (cosine * cosine + sine * sine) * 2.0 / 4_800.0;
            assert!(tone / energy > 0.999, "{thousandths}: {}", tone / energy);
            assert!((energy / 600.0 - 1.0).abs() < 0.02, "{thousandths}: {energy}");
        }
    }
}

#[test]
fn pictures_keep_their_time_over_the_speed_and_surplus_ones_are_left_out_evenly() {
    // Camera, speed, and the steps of numbers and ticks in the film.
    for (frame_rate, thousandths, step, ticks) in [
        (30.0, 2_000, 2, 1_600),
        (30.0, 3_000, 3, 1_600),
        (30.0, 4_000, 4, 1_600),
        (60.0, 2_000, 4, 1_600),
        (30.0, 500, 1, 3_200),
        (60.0, 500, 1, 1_600),
        (24.0, 1_000, 1, 2_000),
        (60.0, 1_000, 1, 800),
    ] {
        let mut rig = Rig::new();
        rig.set_camera(Camera::new(BEGIN + 3_000, frame_rate));
        rig.set_microphone(Microphone::new(BEGIN, 48_000, OWN));
        rig.camera.as_mut().unwrap().ppm = 120.0;
        rig.run(1_000_000);
        rig.pace = pace(thousandths);
        rig.record();
        rig.run(4_000_000);
        let record = rig.pause();
        let film = rig.film(&record.opened.file);
        let even = film.numbers.windows(2).all(|two| two[1] - two[0] == step);
        assert!(even, "{frame_rate} at {thousandths}: {:?}", film.numbers);
        let all = &film.durations[..film.durations.len() - 1];
        assert!(all.iter().all(|&one| one.abs_diff(ticks) <= 2), "{frame_rate} at {thousandths}: {all:?}");
        assert!(*film.durations.last().unwrap() >= ticks - 2, "the last one is shown as long");
        let stats = rig.recorder.stats();
        assert_eq!(stats.captured, stats.encoded + stats.thinned + stats.surplus);
        assert_eq!(stats.thinned > 0, step > 1);
        assert!(!rig.events.iter().any(|event| matches!(event, RecordEvent::Dropped { .. })), "they are no loss");
    }
}

#[test]
fn a_frame_that_is_refused_or_never_comes_is_counted_and_the_next_one_takes_its_place() {
    let mut rig = Rig::previewing(48_000);
    rig.pace = pace(2_000);
    let next = rig.camera.as_ref().unwrap().next;
    rig.camera.as_mut().unwrap().holes = [next + 30, next + 31, next + 32].into();
    rig.video.swallow = [next + 50, next + 51].into();
    rig.record();
    rig.run(4_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing(), record.skew.0), (film.sounding, 0));
    let stats = rig.recorder.stats();
    assert_eq!((stats.dropped.source, stats.dropped.encoder), (3, 1), "of two neighbours one was thinned out");
    assert_eq!(stats.captured, stats.encoded + stats.dropped.encoder + stats.thinned + stats.surplus);
    assert!(film.numbers.windows(2).all(|two| two[1] - two[0] <= 4), "{:?}", film.numbers);
    // One that came while no segment was open, of a take that has to change its encoder.
    rig.recorder.handle_homeless(DropReason::Encoder);
    let missed = rig.recorder.stats();
    assert_eq!((missed.captured, missed.dropped.encoder), (stats.captured + 1, stats.dropped.encoder + 1));
    // Frames that never came then are missed once, by whoever goes on with the take; in a pause nobody misses them.
    for (steps, wanted) in [(1, 0), (60, 2)] {
        let next = rig.camera.as_ref().unwrap().next;
        rig.camera.as_mut().unwrap().holes = [next, next + 1].into();
        let before = rig.recorder.stats().dropped.source;
        for _ in 0..steps {
            rig.run(300_000 / steps);
            rig.recorder.handle_hole();
        }
        assert_eq!(rig.recorder.stats().dropped.source, before + wanted);
    }
}

#[test]
fn a_gap_in_the_microphone_is_silence_of_its_length_over_the_speed() {
    for thousandths in [500, 2_000] {
        let mut rig = hearing_a_tone(thousandths, 1);
        rig.run(1_000_000);
        let now = rig.now;
        rig.microphone.as_mut().unwrap().holes = std::iter::once(now + 200_000..now + 600_000).collect();
        rig.run(1_500_000);
        let record = rig.pause();
        let film = rig.film(&record.opened.file);
        assert_eq!((film.showing(), record.skew.0), (film.sounding, 0));
        let wanted = 400.0 * 48_000.0 / f64::from(thousandths);
        let counted = rig.recorder.stats().silence.0 as f64;
        let block = 10.0 * 48_000.0 / f64::from(thousandths);
        assert!((counted - wanted).abs() <= block + 1.0, "{thousandths}: {counted} of {wanted}");
        let quiet = film.pcm().split(|sample| sample.abs() > 0.001).map(<[f32]>::len).max().unwrap() as f64;
        assert!((quiet - wanted).abs() < 2.0 * window(thousandths) + block, "{thousandths}: {quiet} of {wanted}");
    }
}

#[test]
fn a_muted_take_is_silence_as_long_as_its_pictures_at_once_and_counts_none() {
    for thousandths in [1_000, 2_000, 500] {
        let mut rig = Rig::previewing(48_000);
        rig.room.tone = 440.0;
        rig.run(200_000);
        rig.pace = Pace { muted: true, ..pace(thousandths) };
        rig.record();
        rig.run(12_000_000);
        assert!(rig.worst_lag < 2_500_000, "{thousandths}: stored {} behind", rig.worst_lag);
        let paused = rig.now;
        let record = rig.pause();
        assert!(rig.now - paused < 150_000, "nothing is waited for: {}", rig.now - paused);
        let film = rig.film(&record.opened.file);
        assert_eq!((film.showing(), record.skew.0), (film.sounding, 0));
        let wanted = 576_000 * 1_000 / i64::from(thousandths);
        assert!((wanted - 1_600..wanted + 4_800).contains(&film.sounding), "{thousandths}: {}", film.sounding);
        assert!(film.pcm().iter().all(|sample| *sample == 0.0));
        assert_eq!(rig.recorder.stats().silence.0, 0, "the microphone had sound");
    }
}

#[test]
fn limits_and_broken_clocks_count_in_media_time() {
    for (thousandths, world) in [(2_000, 2_000_000), (500, 500_000)] {
        let mut rig = Rig::previewing(48_000);
        rig.pace = pace(thousandths);
        let mut plan = rig.plan(1);
        plan.limit = Some(Ticks(48_000));
        rig.open(plan);
        rig.run(world - 100_000);
        assert!(!rig.events.contains(&RecordEvent::LimitReached), "{thousandths}");
        rig.run(400_000);
        assert!(rig.events.contains(&RecordEvent::LimitReached), "{thousandths}");
        assert_eq!(rig.sealed[0].duration.0, 48_000);
        let film = rig.film("0001.mp4");
        assert_eq!((film.showing(), film.sounding), (48_000, 48_000));
    }
    let mut rig = Rig::previewing(48_000);
    rig.pace = pace(2_000);
    rig.record();
    rig.run(1_000_000);
    rig.camera.as_mut().unwrap().zero -= 60_000_000;
    rig.microphone.as_mut().unwrap().own += 60_000_000;
    rig.run(1_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing(), record.skew.0), (film.sounding, 0));
    assert!(film.durations.iter().all(|ticks| (1..4_000).contains(ticks)), "{:?}", film.durations);
    assert!((film.showing() - 48_000).abs() < 4_000, "{}", film.showing());
}

#[test]
fn an_hour_at_four_times_the_speed_neither_drifts_nor_grows() {
    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN, 30.0));
    let mut microphone = Microphone::new(BEGIN, 8_000, OWN);
    microphone.block = 320;
    rig.set_microphone(microphone);
    rig.click_after = None;
    rig.run(1_000_000);
    rig.pace = pace(4_000);
    rig.record();
    rig.run(100_000);
    let origin = rig.origins[0];
    for minute in 0..60 {
        rig.room.bursts = vec![(origin + minute * 60_000_000 + 30_000_000) as f64];
        rig.run(60_000_000);
    }
    let record = rig.pause();
    // The microphone's ring, and what the stretcher keeps before it drops some.
    let most = 2 * 3 * 8_000 * 4 + (1 << 16) * 4;
    assert!(rig.most_held < most + 100_000, "{} bytes held", rig.most_held);
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing(), record.skew.0), (film.sounding, 0));
    let pcm = film.pcm();
    for minute in 0..60 {
        let at = f64::from(minute * 60 + 30) * 12_000.0 + 360.0;
        let found = burst_near(&pcm, at, 2_400.0);
        assert!((found - at).abs() < window(4_000), "minute {minute}: {} samples off", found - at);
    }
}
