//! Pictures and blocks of sound that close themselves. An open frame that nobody closes stalls the camera.

use std::cell::Cell;

use onetake_core::media::{Coding, Size};
use onetake_core::orientation::Orientation;
use onetake_core::picture::{self, Crop};
use onetake_core::time::Micros;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AudioData, AudioDataCopyToOptions, AudioSampleFormat, VideoFrame, VideoFrameInit};

use crate::js;

thread_local! {
    static OPEN: Cell<u32> = const { Cell::new(0) };
}

/// Pictures this worker holds open now.
pub(crate) fn open_frames() -> u32 {
    OPEN.with(Cell::get)
}

/// A picture that is closed when it is dropped.
pub(crate) struct OwnedFrame(VideoFrame);

impl OwnedFrame {
    pub(crate) fn new(frame: VideoFrame) -> OwnedFrame {
        OPEN.with(|open| open.set(open.get() + 1));
        OwnedFrame(frame)
    }

    pub(crate) fn frame(&self) -> &VideoFrame {
        &self.0
    }

    /// When it was captured, on the camera's clock.
    pub(crate) fn stamp(&self) -> Micros {
        micros(self.0.timestamp())
    }

    /// The part of the coded picture that is meant to be seen, and where it begins. Never the coded size: a scaled
    /// camera delivers unscaled pictures.
    pub(crate) fn visible(&self) -> (u32, u32, Size) {
        match self.0.visible_rect() {
            Some(rect) => (
                pixels(rect.x()),
                pixels(rect.y()),
                Size { width: pixels(rect.width()), height: pixels(rect.height()) },
            ),
            None => (0, 0, Size { width: self.0.coded_width(), height: self.0.coded_height() }),
        }
    }

    /// How large the visible part is meant to be seen: not as large as it is stored, where pixels are not square.
    pub(crate) fn displayed(&self) -> Size {
        Size { width: self.0.display_width(), height: self.0.display_height() }
    }

    /// What it says must be done to show it upright; upright where the browser does not say.
    pub(crate) fn orientation(&self) -> Orientation {
        self.stated_orientation().unwrap_or_default()
    }

    /// What must be done to show it upright: `VideoFrame.rotation` and `flip`, where the browser has them.
    pub(crate) fn stated_orientation(&self) -> Option<Orientation> {
        let degrees = js::get(&self.0, "rotation").as_f64()?;
        let rotation = whole(degrees.round()).rem_euclid(360);
        let flip = js::get(&self.0, "flip").is_truthy();
        // VideoFrame turns first and flips then; ours mirrors first, which reverses the turn.
        let degrees = if flip { -rotation } else { rotation };
        Orientation::from_degrees(degrees, flip)
    }

    /// How its colours are coded; matrix 0 is RGB.
    pub(crate) fn coding(&self) -> Coding {
        stated_coding(&self.0)
    }

    /// The same picture, not copied, without its orientation.
    pub(crate) fn unturned(&self) -> Result<OwnedFrame, JsValue> {
        let init = VideoFrameInit::new();
        init.set_timestamp_f64(self.0.timestamp());
        self.undo_orientation(&init);
        VideoFrame::new_with_video_frame_and_video_frame_init(&self.0, &init).map(OwnedFrame::new)
    }

    /// Makes a view of this picture one that carries no orientation.
    fn undo_orientation(&self, init: &VideoFrameInit) {
        let orientation = self.orientation();
        if orientation != Orientation::UPRIGHT {
            // Adding the same turn to a flipped picture undoes it, for the flip reverses its sense.
            let rotation = js::get(&self.0, "rotation").as_f64().unwrap_or_default();
            let undo =
                if orientation.mirrored() { rotation } else { if rotation > 0.0 { 360.0 - rotation } else { 0.0 } };
            js::set(init.unchecked_ref(), "rotation", undo);
            js::set(init.unchecked_ref(), "flip", orientation.mirrored());
        }
    }

    /// The same picture, not copied, cropped to the shape of `size`, to be scaled to it by the encoder. It carries no
    /// orientation: the segment's matrix does, and encoders refuse a change of it within a run.
    pub(crate) fn recorded(&self, timestamp: Micros, size: Size) -> Result<OwnedFrame, JsValue> {
        let (x, y, visible) = self.visible();
        let init = VideoFrameInit::new();
        init.set_timestamp_f64(number(timestamp.0));
        self.undo_orientation(&init);
        let crop = picture::cover(x, y, visible, size);
        if crop.size != visible || crop.size != size {
            init.set_visible_rect(&rect(crop));
            init.set_display_width(size.width);
            init.set_display_height(size.height);
        }
        VideoFrame::new_with_video_frame_and_video_frame_init(&self.0, &init).map(OwnedFrame::new)
    }
}

/// How colours are coded by the `colorSpace` of a picture or of a decoder's configuration.
pub(crate) fn stated_coding(of: &JsValue) -> Coding {
    let space = js::get(of, "colorSpace");
    let matrix = match js::get(&space, "matrix").as_string().as_deref() {
        Some("rgb") => 0,
        Some("bt709") => 1,
        Some("bt470bg") => 5,
        Some("smpte170m") => 6,
        Some("bt2020-ncl") => 9,
        _ => 2,
    };
    Coding { matrix, full_range: js::get(&space, "fullRange").is_truthy() }
}

impl Drop for OwnedFrame {
    fn drop(&mut self) {
        self.0.close();
        OPEN.with(|open| open.set(open.get() - 1));
    }
}

/// A block of sound that is closed when it is dropped.
pub(crate) struct OwnedSound(AudioData);

impl OwnedSound {
    pub(crate) fn new(data: AudioData) -> OwnedSound {
        OwnedSound(data)
    }

    pub(crate) fn stamp(&self) -> Micros {
        micros(self.0.timestamp())
    }

    /// Samples a second; never assumed, always read.
    pub(crate) fn rate(&self) -> u32 {
        self.0.sample_rate().round().max(1.0) as u32
    }

    pub(crate) fn channels(&self) -> u32 {
        self.0.number_of_channels()
    }

    /// Copies the samples out, channel after channel, -1..=1.
    pub(crate) fn planes(&self, into: &mut Vec<f32>) -> Result<(), JsValue> {
        let frames = self.0.number_of_frames();
        into.clear();
        for channel in 0..self.0.number_of_channels() {
            let options = AudioDataCopyToOptions::new(channel);
            options.set_format(AudioSampleFormat::F32Planar);
            let plane = js_sys::Float32Array::new_with_length(frames);
            self.0.copy_to_with_buffer_source(plane.unchecked_ref(), &options)?;
            let start = into.len();
            into.resize(start + frames as usize, 0.0);
            plane.copy_to(&mut into[start..]);
        }
        Ok(())
    }
}

impl Drop for OwnedSound {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn rect(crop: Crop) -> web_sys::DomRectInit {
    let rect = web_sys::DomRectInit::new();
    rect.set_x(crop.x.into());
    rect.set_y(crop.y.into());
    rect.set_width(crop.size.width.into());
    rect.set_height(crop.size.height.into());
    rect
}

/// Microseconds as WebCodecs stamps them.
#[expect(clippy::cast_possible_truncation, reason = "stamps are whole microseconds below 2^53")]
pub(crate) fn micros(stamp: f64) -> Micros {
    Micros(stamp.round() as i64)
}

/// Microseconds as WebCodecs takes them.
#[expect(clippy::cast_precision_loss, reason = "media times stay below 2^53 microseconds")]
pub(crate) fn number(micros: i64) -> f64 {
    micros as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "edges of pictures are small and whole")]
fn pixels(edge: f64) -> u32 {
    edge.max(0.0).round() as u32
}

#[expect(clippy::cast_possible_truncation, reason = "degrees are 0 to 359")]
fn whole(degrees: f64) -> i32 {
    degrees as i32
}
