//! What onetake needs of a dedicated worker: mail handled in order, and the engines that only live there, measured.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use js_sys::{Object, Reflect};
use onetake_web::mailbox::Mailbox;
use onetake_web::media::selftest::signal::{chirp, find, least_snr, snr};
use onetake_web::media::selftest::{honours_crop, measure_sound, pattern};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::AudioEncoderConfig;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Opus at 128 kbit/s; `loss` is the loss in percent that its packets shall withstand.
fn opus(channels: u32, loss: Option<u32>) -> AudioEncoderConfig {
    let config = AudioEncoderConfig::new("opus", channels, 48_000);
    config.set_bitrate(128_000);
    if let Some(loss) = loss {
        let opus = Object::new();
        Reflect::set(&opus, &"packetlossperc".into(), &loss.into()).unwrap();
        Reflect::set(&config, &"opus".into(), &opus).unwrap();
    }
    config
}

#[wasm_bindgen_test]
async fn opus_lags_by_its_pre_skip_and_joins_cleanly_where_loss_is_expected() {
    for channels in [1, 2] {
        let facts = measure_sound(&opus(channels, Some(20)), 1).await.unwrap();
        assert_eq!((facts.packet, facts.delay, facts.joins_clean), (960, 312, true), "{channels} channels");
        // OpusHead (RFC 7845 s.5.1) as delivered: the measured delay is the PreSkip it names.
        assert_eq!(facts.entry[..8], *b"OpusHead");
        assert_eq!(u32::from(facts.entry[9]), channels);
        assert_eq!(u32::from(u16::from_le_bytes([facts.entry[10], facts.entry[11]])), facts.delay);
    }
}

#[wasm_bindgen_test]
async fn opus_joins_badly_where_no_loss_is_expected() {
    for loss in [None, Some(1)] {
        let facts = measure_sound(&opus(2, loss), 1).await.unwrap();
        assert_eq!((facts.packet, facts.delay, facts.joins_clean), (960, 312, false), "loss of {loss:?}");
    }
}

#[wasm_bindgen_test]
async fn an_encoder_that_is_not_there_fails() {
    let unsupported = AudioEncoderConfig::new("flac", 2, 48_000);
    assert_eq!(measure_sound(&unsupported, 0).await.unwrap_err().code, "encoder_failed");
    let wrong_rate = AudioEncoderConfig::new("opus", 2, 44_100);
    assert_eq!(measure_sound(&wrong_rate, 1).await.unwrap_err().code, "encoder_failed");
    assert!(!honours_crop("avc1.nonsense").await);
}

#[wasm_bindgen_test]
async fn h264_takes_the_visible_part_and_scales_it() {
    for codec in ["avc1.640028", "avc1.4d001e", "avc1.42e01e"] {
        assert!(honours_crop(codec).await, "{codec}");
    }
}

#[wasm_bindgen_test]
fn a_chirp_is_found_at_its_lag_even_inverted() {
    let chirp = chirp();
    let mut heard = vec![0.0; 9000];
    for (place, sample) in heard[1500..].iter_mut().zip(&chirp) {
        *place = -0.25 * sample;
    }
    let found = find(&chirp, &heard, 1000, -1024..=6000).unwrap();
    assert_eq!(found.lag, 500);
    assert!(found.likeness > 0.999, "{found:?}");
    let silence = find(&chirp, &vec![0.0; 9000], 1000, -1024..=6000).unwrap();
    assert!(silence.likeness < 0.01, "{silence:?}");
    assert_eq!(find(&chirp, &heard[..1000], 0, -1024..=6000), None);
}

#[wasm_bindgen_test]
fn the_worst_packet_behind_the_overlap_counts() {
    let reference = [1.0f32; 40];
    assert!((snr(&reference, &[0.9; 40]) - 20.0).abs() < 1e-4);
    let mut heard = reference;
    heard[..4].fill(0.0);
    heard[20..30].fill(0.9);
    let least = |packets, overlap| least_snr(&reference, &heard, 10, packets, overlap);
    assert!((least(4, 4).unwrap() - 20.0).abs() < 1e-4);
    assert!(least(4, 0).unwrap() < 4.0);
    assert!(least(2, 4).unwrap() > 100.0);
    // All of a packet may be overlap; all of them may not, and none may be missing.
    assert!(least(2, 10).unwrap() > 100.0);
    assert_eq!(least(2, 20), None);
    assert_eq!(least(5, 0), None);
}

/// Luma at scaled size, the nearest sample of the source rectangle that begins at `left`, `top`.
fn scaled(left: u32, top: u32, width: u32, height: u32) -> Vec<u8> {
    let size = pattern::SCALED;
    let column = |x: u32| left + x * width / size.width;
    let row = |y: u32| top + y * height / size.height;
    (0..size.height).flat_map(|y| (0..size.width).map(move |x| pattern::luma(column(x), row(y)))).collect()
}

#[wasm_bindgen_test]
fn a_picture_not_cropped_or_cropped_elsewhere_is_told() {
    let stride = pattern::SCALED.width as usize;
    let judge = |plane: &[u8]| pattern::is_cropped(plane, stride);
    let (left, top, size) = pattern::VISIBLE;
    let right = scaled(left, top, size.width, size.height);
    assert!(judge(&right));
    assert!(!judge(&right[..right.len() - 20 * stride * 15]), "rows are missing");
    assert!(!judge(&scaled(0, 0, pattern::EDGE, pattern::EDGE)), "the crop is ignored");
    assert!(!judge(&scaled(left, top, pattern::EDGE - left, pattern::EDGE - top)), "its end is ignored");
    assert!(!judge(&scaled(16, 8, size.width, size.height)), "it is rounded");
    assert!(!judge(&scaled(left, top - 2, size.width, size.height)), "it is off by one chroma sample");
}

#[derive(Debug, PartialEq)]
enum Step {
    Begins(u32),
    Ends(u32),
}

thread_local! {
    static MAILBOX: Mailbox<u32, Vec<Step>> = const { Mailbox::new(Vec::new(), turn) };
}

/// Each piece below 10 posts two more while it is handled; piece 100 looks at what was done.
fn turn(done: &mut Vec<Step>, mail: u32) {
    if mail == 100 {
        let order = [1, 10, 11, 2, 20, 21];
        let wanted: Vec<Step> = order.into_iter().flat_map(|mail| [Step::Begins(mail), Step::Ends(mail)]).collect();
        assert_eq!(*done, wanted);
        return;
    }
    done.push(Step::Begins(mail));
    if mail < 10 {
        MAILBOX.with(|mailbox| {
            mailbox.post(mail * 10);
            mailbox.post(mail * 10 + 1);
        });
    }
    done.push(Step::Ends(mail));
}

#[wasm_bindgen_test]
fn mail_posted_within_a_turn_waits_for_its_end_and_keeps_its_order() {
    [1, 2, 100].into_iter().for_each(|mail| MAILBOX.with(|mailbox| mailbox.post(mail)));
}
