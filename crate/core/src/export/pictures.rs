//! The pictures of a film: which samples of each clip must be there to show what its stretches show.

use super::course::{Content, Course};
use super::scene::Scene;
use super::timing::Scale;
use crate::demux::walk;
use crate::time::Timescale;

/// Puts the pictures of every clip into one track. `slot` is their place in each scene.
pub(super) fn course(slot: usize, scenes: &[Scene<'_>], timescale: Timescale, film: Timescale) -> Course {
    let mut course = Course::new(timescale, film);
    for (clip, scene) in scenes.iter().enumerate() {
        let Some(view) = scene.views.get(slot).and_then(Option::as_ref) else { continue };
        let scale = Scale::new(view.track.timescale, timescale);
        for stretch in &view.stretches {
            let range = walk::needed(view.track, &stretch.media);
            let Some(composed) = walk::composed(view.track, &range) else { continue };
            let media = &stretch.media;
            // Where nothing is left behind the last picture, that one lasts as long as it is shown.
            let end = if composed.last < media.end { media.end } else { composed.end };
            let first = walk::first_shown(view.track, &range, media).unwrap_or(range.start);
            let (decode, seen) = (walk::decode_time(view.track, range.start), walk::decode_time(view.track, first));
            let begin = media.start.max(composed.low) - composed.low;
            course.delay(scale.of(composed.low - decode), scale.of(seen - decode), scale.of(begin));
            if course.end().is_some_and(|end| end < stretch.at) {
                course.hold(stretch.at);
            }
            let at = course.end().unwrap_or(stretch.at);
            let inside = |time: i64| scale.of(time - composed.low);
            let shown = inside(media.start.max(composed.low))..inside(media.end);
            let until = at + view.scale.of(media.end - media.start);
            let what = Content::Samples { range, low: composed.low, shown: first };
            course.add(clip, what, inside(end), shown, at..until);
        }
    }
    course
}
