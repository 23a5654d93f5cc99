//! Encoders and a disk that answer late, in bursts and in any interleaving: no append fails, no queue grows beyond its
//! bound, and neither holds up the other. Also here: what is told while they do, and previews that nothing is taken from.

use onetake_core::record::{GateLimits, RecordEvent, Recorder, RecorderConfig};
use onetake_core::time::{Micros, Ticks, TimeOrigins};

use super::devices::{Camera, Chance, Microphone};
use super::rig::{AAC, BEGIN, OPUS, OWN, Rig};

/// A rig whose disk may be only this many bytes behind.
fn narrow(unstored_bytes: u64) -> Rig {
    let mut rig = Rig::previewing(48_000);
    rig.recorder = Recorder::new(RecorderConfig {
        origins: TimeOrigins { own: Micros(OWN), document: None },
        key_interval: Ticks(96_000),
        limits: GateLimits { unstored_bytes, ..GateLimits::default() },
    });
    rig.run(500_000);
    rig
}

#[test]
fn samples_of_both_tracks_in_any_interleaving_make_the_same_film() {
    let mut chance = Chance(11);
    for case in 0..60 {
        let plan = if case % 2 == 0 { OPUS } else { AAC };
        let mut films = Vec::new();
        let length = 300_000 + chance.below(2_500_000);
        for lateness in [0, 1 + chance.below(450_000)] {
            let mut rig = Rig::previewing(if case % 3 == 0 { 44_100 } else { 48_000 });
            rig.sound = Some(plan);
            rig.lateness = lateness;
            rig.store_latency = 8_000 + lateness / 3;
            rig.record();
            rig.run(length);
            // Every chunk was taken, or the rig had said so.
            let record = rig.pause();
            let film = rig.film(&record.opened.file);
            assert_eq!((film.showing(), record.skew.0), (film.sounding, 0), "case {case}");
            let stats = rig.recorder.stats();
            assert_eq!((stats.captured, stats.dropped), (stats.encoded + stats.surplus, Default::default()));
            films.push((film.numbers.clone(), film.durations.clone(), film.pcm()));
        }
        assert!(films[0] == films[1], "case {case}: what came late is another film");
    }
}

#[test]
fn no_queue_grows_beyond_its_bound_and_a_slow_one_holds_up_no_other() {
    let limits = GateLimits::default();
    // Pictures take twice as long as they come.
    let mut rig = Rig::previewing(48_000);
    rig.encode_time = 66_667;
    rig.record();
    rig.run(10_000_000);
    let (pictures, bytes) = rig.most_waiting;
    assert_eq!(pictures, u64::from(limits.in_flight));
    assert!(bytes < 100_000, "the disk has nothing to do with it: {bytes} bytes");
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    let stats = rig.recorder.stats();
    assert!((130..170).contains(&stats.dropped.encoder), "{stats:?}");
    assert_eq!(stats.captured, stats.encoded + stats.dropped.encoder + stats.surplus);
    assert_eq!((film.showing(), stats.silence.0), (film.sounding, 0), "sound has an encoder of its own");

    // A disk that never answers for three seconds at a time: pictures stop at the bound, sound goes on.
    let bound = 6_000;
    let mut rig = narrow(bound);
    rig.store_latency = 3_000_000;
    rig.record();
    rig.run(12_000_000);
    let (pictures, bytes) = rig.most_waiting;
    assert!(pictures <= 2, "the encoder keeps its pace: {pictures} pictures wait");
    // What was with the encoder when the gate closed, and five seconds of silence in packets of a byte and a head.
    assert!((bound..bound + 5_000).contains(&bytes), "{bytes} bytes wait");
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    let stats = rig.recorder.stats();
    assert!(stats.dropped.storage > 50 && stats.encoded > 50, "{stats:?}");
    assert_eq!((film.showing(), stats.silence.0), (film.sounding, 0));
}

#[test]
fn media_time_is_told_in_order_to_a_frame_however_late_the_worker_wakes() {
    let mut rig = Rig::previewing(48_000);
    let begin = rig.now;
    // Asleep for up to 0.7 s, as timers of a page in the background are; frames are delivered when it wakes.
    rig.busy = (1..6).map(|nap| begin + nap * 1_500_000..begin + nap * 1_500_000 + nap * 140_000).collect();
    let naps = rig.busy.clone();
    rig.record();
    rig.run(9_500_000);
    let paused = rig.now;
    let record = rig.pause();
    let told = rig.told.clone();
    assert!(told.len() > 50, "{} times", told.len());
    assert!(told.windows(2).all(|two| two[0].0 <= two[1].0 && two[0].1 + 4_800 <= two[1].1), "{told:?}");
    for (at, media) in told
        .iter()
        .copied()
        .filter(|(at, _)| *at < paused && !naps.iter().any(|nap| (nap.start..nap.end + 20_000).contains(at)))
    {
        // The newest picture that came out of the encoder: one frame and the encoder's 12 ms ago at most.
        let behind = (at - rig.origins[0]) as f64 * 0.048 - media as f64;
        assert!((0.0..1_600.0 + 2.0 * 576.0 + 100.0).contains(&behind), "{media} is told {behind} ticks late");
    }
    assert!(told.last().unwrap().1 <= record.duration.0 && told.last().unwrap().1 > record.duration.0 - 4_800 - 3_200);
}

#[test]
fn a_minute_of_preview_leaves_nothing_behind_and_the_first_take_is_whole() {
    let mut rig = Rig::new();
    rig.set_camera(Camera::new(BEGIN + 3_000, 30.0));
    rig.set_microphone(Microphone::new(BEGIN + 1_234, 48_000, OWN));
    // The last seconds of sound are kept, and cut down now and then.
    rig.run(12_000_000);
    let early = rig.most_held;
    rig.run(48_000_000);
    assert!(rig.most_held <= early + 2 * 480 * 4, "{} bytes held, {early} at first", rig.most_held);
    let stats = rig.recorder.stats();
    assert_eq!((stats.captured, stats.in_flight, stats.unstored_bytes, rig.delivered.len()), (0, 0, 0, 0));
    assert_eq!((rig.disk.writes.len(), rig.events.len()), (1, 0), "the journal's head, and no word");
    rig.record();
    rig.run(2_000_000);
    let record = rig.pause();
    let film = rig.film(&record.opened.file);
    assert_eq!((film.numbers.len(), film.showing()), (rig.delivered.len(), film.sounding));
    assert_eq!(rig.recorder.stats().dropped, Default::default());
    assert!(film.clicks()[0].abs_diff(4_800) <= 1, "{:?}", film.clicks());
    assert!(!rig.events.iter().any(|event| matches!(event, RecordEvent::Dropped { .. })));
}
