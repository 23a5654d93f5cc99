//! camera frame -> gate -> encoder -> fragment -> append -> stored: what is in the file is what was delivered.

use onetake_core::export::hybrid::{Finished, finish};
use onetake_core::media::TrackKind;
use onetake_core::record::{DropReason, RecordError, RecordEvent, RecordState};
use onetake_core::time::{Micros, Ticks};
use onetake_tests::recording::scan;

use super::devices::{Camera, Microphone};
use super::encoders::description;
use super::rig::{AAC, BEGIN, DOCUMENT, OPUS, OWN, Rig, Write};

fn near(found: &[usize], wanted: usize, slack: usize) {
    assert!(found.len() == 1 && found[0].abs_diff(wanted) <= slack, "clicks at {found:?}, wanted {wanted}");
}

#[test]
fn a_click_4800_samples_after_the_origin_is_there_at_any_rate_and_with_either_codec() {
    for plan in [OPUS, AAC] {
        for rate in [8_000, 16_000, 44_100, 48_000, 96_000] {
            let mut rig = Rig::previewing(rate);
            rig.sound = Some(plan);
            for take in 0..3 {
                rig.record();
                rig.run(500_000 + take * 37_331);
                let record = rig.pause();
                let film = rig.film(&record.opened.file);
                near(&film.clicks(), 4800, 1);
                assert_eq!(film.showing(), film.sounding);
                assert_eq!(record.duration, Ticks(film.sounding));
                rig.run(211_117);
            }
            assert_eq!(rig.recorder.stats().silence, Ticks(0), "{rate} Hz");
        }
    }
}

#[test]
fn stereo_is_mixed_to_mono_and_mono_is_doubled() {
    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN, 30.0));
    let mut microphone = Microphone::new(BEGIN, 44_100, OWN);
    microphone.channels = 2;
    rig.set_microphone(microphone);
    rig.run(1_000_000);
    rig.record();
    rig.run(600_000);
    let file = rig.pause().opened.file;
    let film = rig.film(&file);
    near(&film.clicks(), 4800, 1);
    let loud = film.pcm()[4800];
    assert!((loud - 0.8).abs() < 0.05, "half of two equal sides is one side: {loud}");

    let mut rig = Rig::previewing(48_000);
    rig.sound = Some(onetake_core::record::SoundPlan { channels: 2, ..OPUS });
    rig.record();
    rig.run(600_000);
    let file = rig.pause().opened.file;
    near(&rig.film(&file).clicks(), 4800, 1);
}

#[test]
fn every_delivered_frame_is_in_the_file_once_and_shown_as_long_as_its_stamps_say() {
    let mut rig = Rig::previewing(48_000);
    rig.busy = vec![BEGIN + 3_000_000..BEGIN + 3_080_000, BEGIN + 4_100_000..BEGIN + 4_180_000];
    rig.record();
    rig.run(10_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    let numbers: Vec<u32> = rig.delivered.iter().map(|frame| frame.number).collect();
    assert_eq!(film.numbers, numbers);
    assert_eq!(record.frames, numbers.len() as u64);
    let begin = rig.delivered[0].stamp;
    let mut at = 0;
    for (frame, duration) in rig.delivered.iter().zip(&film.durations) {
        let wanted = (frame.stamp - begin) as f64 * 0.048;
        assert!((at as f64 - wanted).abs() <= 0.51, "frame {} at {at}, stamped {wanted}", frame.number);
        at += i64::from(*duration);
    }
    assert!(film.syncs[0]);
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1) && numbers.len() >= 300, "{} frames", numbers.len());
    assert_eq!(film.syncs.iter().filter(|sync| **sync).count(), 5, "a key frame every two seconds");
    let stats = rig.recorder.stats();
    assert_eq!((stats.captured, stats.encoded, stats.dropped.source), (record.frames, record.frames, 0));
    assert!((stats.frame_rate - 30.0).abs() < 0.01);
    assert!(stats.raw_bytes > stats.bytes && stats.bytes == record.bytes);
}

#[test]
fn one_fragment_a_second_is_appended_and_the_file_is_closed_after_the_last_is_stored() {
    let mut rig = Rig::previewing(48_000);
    rig.store_latency = 300_000;
    rig.record();
    rig.run(3_500_000);
    rig.pause();
    let kind = |write: &Write| match write {
        Write::Journal(_) => "journal",
        Write::File(..) => "append",
    };
    let kinds: Vec<&str> = rig.disk.writes.iter().map(kind).collect();
    assert_eq!(kinds, ["journal", "journal", "append", "append", "append", "append", "append", "journal"]);
    assert_eq!(rig.disk.closed, ["0001.mp4"]);
    assert!(rig.worst_lag < 48_000 * 16 / 10, "stored lag of {} ticks", rig.worst_lag);
    assert_eq!(scan(&rig.disk.files["0001.mp4"]).unwrap().0.fragments(), 4);
}

#[test]
fn the_avcc_in_the_file_is_the_encoders_description_byte_for_byte() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(1_500_000);
    rig.pause();
    let recording = rig.disk.files["0001.mp4"].clone();
    let (index, _) = scan(&recording).unwrap();
    let Finished { mut head, span } = finish(&index, 0).unwrap();
    head.extend_from_slice(&recording[span.start as usize..span.end as usize]);
    for file in [recording, head] {
        // By a search that knows no box but this one.
        let place = file.windows(4).position(|kind| kind == b"avcC").unwrap();
        let size = u32::from_be_bytes(file[place - 4..place].try_into().unwrap()) as usize;
        assert_eq!(file[place + 4..place - 4 + size], description());
        let (index, _) = scan(&file).unwrap();
        let entry = index.tracks()[0].entry();
        assert_eq!((entry.description(), entry.codec_string().as_str()), (Some(description()), "avc1.640028"));
    }
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    let bytes = || {
        let mut rig = Rig::previewing(44_100);
        rig.record();
        rig.run(1_500_000);
        rig.pause();
        rig.disk.files
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn frames_the_encoder_swallows_are_counted_and_their_time_goes_to_the_frame_before() {
    let mut rig = Rig::previewing(48_000);
    rig.video.swallow = [75, 76, 85].into();
    rig.record();
    rig.run(1_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert!(!film.numbers.contains(&75) && film.numbers.contains(&74));
    let before = film.numbers.iter().position(|number| *number == 74).unwrap();
    assert!((4799..=4801).contains(&film.durations[before]), "{:?}", film.durations[before]);
    let count = |reason| -> u32 {
        let counts = rig.events.iter().map(|event| match event {
            RecordEvent::Dropped { reason: found, count } if *found == reason => *count,
            _ => 0,
        });
        counts.sum()
    };
    assert_eq!(count(DropReason::Encoder), 3);
    assert_eq!(rig.recorder.stats().dropped.encoder, 3);
    assert_eq!(film.showing(), film.sounding);
}

#[test]
fn a_swallowed_first_frame_does_not_move_the_sound() {
    let mut rig = Rig::previewing(48_000);
    rig.video.swallow = [60, 61].into();
    rig.record();
    rig.run(1_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    // 62 was no key frame; the first that can begin a file is the one asked for after it.
    assert!(film.numbers[0] > 62 && film.syncs[0]);
    near(&film.clicks(), 4800, 1);
    assert_eq!(film.showing(), film.sounding);
}

#[test]
fn frames_the_camera_never_gave_are_counted_as_source_only_while_recording() {
    let mut rig = Rig::new();
    let mut camera = Camera::new(BEGIN, 30.0);
    camera.holes = [20, 21, 80, 85, 86, 87].into();
    rig.set_camera(camera);
    rig.set_microphone(Microphone::new(BEGIN, 48_000, OWN));
    rig.run(2_000_000);
    rig.record();
    rig.run(2_000_000);
    rig.pause();
    assert_eq!(rig.recorder.stats().dropped.source, 4);
}

#[test]
fn frames_that_the_browser_counted_and_nobody_caught_are_counted_once() {
    let mut rig = Rig::new();
    let mut camera = Camera::new(BEGIN, 30.0);
    camera.holes = [80, 81, 82].into();
    rig.set_camera(camera);
    rig.set_microphone(Microphone::new(BEGIN, 48_000, OWN));
    rig.run(2_000_000);
    // Before the take: nobody's business.
    rig.recorder.handle_missed(7);
    rig.run(100_000);
    rig.record();
    rig.run(300_000);
    rig.recorder.handle_missed(2);
    rig.run(250_000);
    assert_eq!(rig.recorder.stats().dropped.source, 2, "stamps said nothing of them");
    rig.recorder.handle_missed(1);
    rig.run(500_000);
    assert_eq!(rig.recorder.stats().dropped.source, 5, "the same hole is told of twice");
    rig.pause();
}

#[test]
fn the_gate_closes_on_a_slow_disk_and_opens_when_it_catches_up() {
    let mut rig = Rig::previewing(48_000);
    rig.recorder = onetake_core::record::Recorder::new(onetake_core::record::RecorderConfig {
        origins: onetake_core::time::TimeOrigins { own: Micros(OWN), document: None },
        key_interval: Ticks(96_000),
        limits: onetake_core::record::GateLimits { unstored_bytes: 6_000, ..Default::default() },
    });
    rig.store_latency = 2_500_000;
    rig.run(500_000);
    rig.record();
    rig.run(6_000_000);
    let record = rig.pause();
    let stats = rig.recorder.stats();
    assert!(stats.dropped.storage > 20, "{stats:?}");
    assert!(stats.encoded > 60, "it opened again: {stats:?}");
    let film = rig.film(&record.opened.file);
    assert_eq!(film.showing(), film.sounding, "sound is never refused");
    assert_eq!(stats.silence, Ticks(0));

    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(500_000);
    rig.queue = 8;
    rig.run(500_000);
    rig.queue = 0;
    rig.run(500_000);
    rig.pause();
    assert_eq!(rig.recorder.stats().dropped.encoder, 15);
}

#[test]
fn a_hole_in_the_sound_becomes_silence_of_exactly_its_length() {
    for rate in [44_100, 48_000] {
        let mut rig = Rig::previewing(rate);
        let hole = BEGIN + 2_800_000..BEGIN + 3_020_000;
        rig.microphone.as_mut().unwrap().holes = vec![hole];
        rig.room.click((BEGIN + 2_600_000) as f64);
        rig.room.click((BEGIN + 3_400_000) as f64);
        rig.click_after = None;
        rig.record();
        rig.run(2_000_000);
        let record = rig.pause();
        let clicks = rig.film(&record.opened.file).clicks();
        assert!((clicks[1] - clicks[0]).abs_diff(38_400) <= 1, "{clicks:?}");
        let silence = rig.recorder.stats().silence.0;
        assert!((silence - 10_560).abs() <= 2, "{silence} samples at {rate} Hz");
    }
}

#[test]
fn a_dead_microphone_is_silence_and_the_segment_still_ends_in_time() {
    let mut rig = Rig::previewing(48_000);
    rig.microphone.as_mut().unwrap().end = BEGIN + 3_000_000;
    rig.record();
    rig.run(4_000_000);
    let before = rig.now;
    let record = rig.pause();
    assert!(rig.now - before < 500_000, "sealing took {} µs", rig.now - before);
    let film = rig.film(&record.opened.file);
    assert_eq!(film.showing(), film.sounding);
    let silence = rig.recorder.stats().silence.0;
    assert!((silence - 144_000).abs() < 2_000, "three seconds of it: {silence}");
    assert!(rig.worst_lag < 48_000 * 5 / 2, "silence is stored as it goes: {}", rig.worst_lag);
}

#[test]
fn a_microphone_that_ended_is_not_waited_for() {
    let mut rig = Rig::previewing(48_000);
    rig.record();
    rig.run(1_000_000);
    rig.unplug_microphone();
    rig.run(500_000);
    let before = rig.now;
    let record = rig.pause();
    assert!(rig.now - before < 110_000, "sealing took {} µs", rig.now - before);
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing(), film.sounding), (record.duration.0, record.duration.0));
    let silence = rig.recorder.stats().silence.0;
    assert!((silence - 24_000).abs() < 2_000, "half a second of it: {silence}");
}

#[test]
fn a_frozen_hour_is_silence_in_portions_and_no_heap_of_memory() {
    let mut rig = Rig::previewing(8_000);
    rig.record();
    rig.run(1_000_000);
    rig.freeze(3_600);
    rig.run(1_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((film.showing(), film.sounding), (record.duration.0, record.duration.0));
    assert!(record.duration.0 > 3_600 * 48_000);
    assert!(rig.most_in_one_turn <= 600, "{} outputs at once", rig.most_in_one_turn);
    assert!((rig.recorder.stats().silence.0 - 3_600 * 48_000).abs() < 2_000);
    assert!(rig.recorder.stats().dropped.source.abs_diff(3_600 * 30) <= 2, "by whole microseconds an interval");
}

#[test]
fn the_microphone_may_come_late_or_never_or_change_its_rate() {
    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN, 30.0));
    rig.run(500_000);
    rig.record();
    rig.run(300_000);
    rig.click_after = None;
    rig.set_microphone(Microphone::new(rig.now, 44_100, OWN));
    rig.run(700_000);
    rig.set_microphone(Microphone::new(rig.now + 50_000, 16_000, OWN));
    let click = rig.now + 300_000;
    rig.room.click(click as f64);
    rig.run(700_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!(film.showing(), film.sounding);
    let wanted = (click - rig.origins[0]) as f64 * 0.048;
    let last = *film.clicks().last().unwrap();
    assert!((last as f64 - wanted).abs() <= 2.0, "{last}, wanted {wanted}");
    assert!(rig.recorder.stats().silence.0 > 48_000 / 4);

    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN, 30.0));
    rig.record();
    rig.run(2_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!(film.showing(), film.sounding);
    assert_eq!(rig.recorder.stats().silence, record.duration);
}

#[test]
fn blocks_queued_before_the_transfer_carry_the_documents_clock_and_are_no_gap() {
    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN, 30.0));
    let mut microphone = Microphone::new(BEGIN, 48_000, OWN);
    microphone.document = Some((DOCUMENT, BEGIN + 700_000));
    rig.set_microphone(microphone);
    rig.run(760_000);
    rig.record();
    rig.run(900_000);
    let record = rig.pause();
    near(&rig.film(&record.opened.file).clicks(), 4800, 1);
    assert_eq!(rig.recorder.stats().silence, Ticks(0));
}

#[test]
fn without_a_microphone_the_segment_ends_with_its_last_frame() {
    let mut rig = Rig::new();
    rig.sound = None;
    rig.set_camera(Camera::new(BEGIN, 30.0));
    rig.run(1_000_000);
    rig.record();
    rig.run(1_010_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((record.audio, film.sounding), (None, 0));
    assert_eq!(record.duration, Ticks(film.showing()));
    let end = (rig.delivered.last().unwrap().stamp - rig.delivered[0].stamp) as f64 * 0.048 + 1600.0;
    assert!(record.duration.0 as f64 <= end + 1.0 && record.duration.0 as f64 > end - 1600.0);
}

#[test]
fn an_audio_encoder_that_gives_nothing_costs_the_sound_and_not_the_pictures() {
    let mut rig = Rig::previewing(48_000);
    rig.deaf = true;
    rig.record();
    rig.run(1_500_000);
    let record = rig.pause();
    assert!(rig.events.contains(&RecordEvent::SoundLost));
    assert_eq!((record.audio, record.frames), (None, rig.delivered.len() as u64));
    assert_eq!(rig.film(&record.opened.file).numbers.len() as u64, record.frames);
}

#[test]
fn the_segment_ends_by_itself_at_its_limit() {
    for (plan, limit, wanted) in
        [(Some(OPUS), 72_500, 72_000), (Some(AAC), 72_500, 71_680), (Some(OPUS), 100, 960), (None, 72_500, 72_500)]
    {
        let mut rig = Rig::previewing(48_000);
        rig.sound = plan;
        let mut plan = rig.plan(1);
        plan.limit = Some(Ticks(limit));
        rig.open(plan);
        rig.run(2_500_000);
        assert!(rig.events.contains(&RecordEvent::LimitReached));
        assert_eq!(rig.sealed.len(), 1);
        let film = rig.film("0001.mp4");
        assert_eq!(film.showing(), rig.sealed[0].duration.0);
        assert!(limit == 100 || *film.durations.last().unwrap() >= 1_599, "{:?}", film.durations.last());
        assert!(film.showing() <= wanted && film.showing() > wanted - 1600, "{} of {limit}", film.showing());
        if rig.sound.is_some() {
            assert_eq!((film.showing(), film.sounding), (wanted, wanted));
        }
        assert_eq!(rig.recorder.state(), RecordState::Idle);
        assert!(rig.recorder.seal(Micros(rig.now)).is_err());
    }
}

#[test]
fn a_wrong_order_of_calls_is_an_error_and_changes_nothing() {
    let mut rig = Rig::previewing(48_000);
    let now = Micros(rig.now);
    assert_eq!(rig.recorder.seal(now), Err(RecordError::NotRecording { state: RecordState::Idle }));
    let chunk = rig.recorder.handle_chunk(TrackKind::Video, Micros(0), true, &[1]);
    assert_eq!(chunk, Err(RecordError::NotRecording { state: RecordState::Idle }));
    rig.recorder.handle_flushed(TrackKind::Video);
    rig.record();
    let plan = rig.plan(2);
    assert_eq!(rig.recorder.open_segment(plan, now), Err(RecordError::Busy { state: RecordState::Armed }));
    rig.run(300_000);
    rig.recorder.handle_flushed(TrackKind::Video);
    let chunk = rig.recorder.handle_chunk(TrackKind::Video, Micros(7), true, &[1]);
    assert_eq!(chunk, Err(RecordError::NoSuchFrame { timestamp: Micros(7) }));
    let chunk = rig.recorder.handle_chunk(TrackKind::Audio, Micros(7), true, &[]);
    assert_eq!(chunk, Err(RecordError::BadChunk { bytes: 0 }));
    let entry = super::encoders::video_entry();
    assert_eq!(rig.recorder.handle_entry(TrackKind::Audio, entry), Err(RecordError::WrongEntry(TrackKind::Audio)));
    let record = rig.pause();
    near(&rig.film(&record.opened.file).clicks(), 4800, 1);
    assert_eq!(rig.recorder.stats().dropped.encoder, 0);
}

#[test]
fn a_pause_before_the_first_frame_keeps_nothing() {
    let mut rig = Rig::new();
    rig.set_microphone(Microphone::new(BEGIN, 48_000, OWN));
    rig.run(500_000);
    rig.record();
    rig.run(500_000);
    rig.recorder.seal(Micros(rig.now)).unwrap();
    rig.run(10_000);
    assert_eq!(rig.events, [RecordEvent::Empty]);
    assert!(rig.disk.files.is_empty());
    assert_eq!(rig.disk.writes.len(), 1, "the journal's head only");
}
