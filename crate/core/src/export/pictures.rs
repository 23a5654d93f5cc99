//! The pictures of a film: which samples of each clip must be there to show what its stretches show.

use std::ops::Range;

use super::course::{Content, Course};
use super::openings::{self, Asked, Found, Key, Opened, Opening};
use super::plan::Clip;
use super::scene::{Scene, View};
use super::timing::Scale;
use super::{ExportError, Form, Recipe};
use crate::demux::walk;
use crate::time::Timescale;

/// How far before a stretch its pictures may begin to be decoded because none nearer begins anew, in seconds: a player
/// stands still for as long as that takes.
const FARTHEST: i64 = 10;
/// How many sync samples are looked at on the way there.
const MOST: usize = 32;

/// Who puts the pictures of every clip into one track.
pub(super) struct Pictures<'a> {
    clips: &'a [Clip<'a>],
    /// What is known of pictures that stretches begin with.
    opened: &'a [Opened],
    /// What must be known besides.
    asked: &'a mut Vec<Opening>,
    /// Whether the film is in fragments, where nothing can be hidden behind other pictures.
    fragments: bool,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(clips: &'a [Clip<'a>], recipe: &'a Recipe, asked: &'a mut Vec<Opening>) -> Pictures<'a> {
        Pictures { clips, opened: &recipe.openings, asked, fragments: recipe.form == Form::Fragmented }
    }

    /// The track. `slot` is their place in each scene.
    pub(super) fn course(
        &mut self,
        slot: usize,
        scenes: &[Scene<'_>],
        timescale: Timescale,
        film: Timescale,
    ) -> Result<Course, ExportError> {
        let mut course = Course::new(timescale, film);
        for (clip, scene) in scenes.iter().enumerate() {
            let Some(view) = scene.views.get(slot).and_then(Option::as_ref) else { continue };
            let scale = Scale::new(view.track.timescale, timescale);
            for stretch in &view.stretches {
                let mut range = walk::needed(view.track, &stretch.media);
                let mut broken = None;
                if course.end().is_some() && !range.is_empty() {
                    broken = self.open(clip, view, &mut range)?;
                }
                let Some(composed) = walk::composed(view.track, &range) else { continue };
                let media = &stretch.media;
                // Where nothing is left behind the last picture, that one lasts as long as it is shown.
                let end = if composed.last < media.end { media.end } else { composed.end };
                let first = walk::first_shown(view.track, &range, media).unwrap_or(range.start);
                let (decode, seen) = (walk::decode_time(view.track, range.start), walk::decode_time(view.track, first));
                let mut low = composed.low;
                // Nothing before the film's first sample can last longer, so what is composed before it, though decoded
                // after it, stands before the window.
                if course.end().is_none() && first == range.start && media.start > low {
                    low = media.start;
                    course.hides = true;
                }
                let begin = media.start.max(low) - low;
                course.delay(scale.of(low - decode), scale.of(seen - decode), scale.of(begin));
                if course.end().is_some_and(|end| end < stretch.at) {
                    course.hold(stretch.at);
                }
                let at = course.end().unwrap_or(stretch.at);
                let inside = |time: i64| scale.of(time - low);
                let shown = inside(media.start.max(low))..inside(media.end);
                let until = at + view.scale.of(media.end - media.start);
                let what = Content::Samples { range, low, shown: first, broken };
                course.add(clip, what, inside(end), shown, at..until);
            }
        }
        Ok(course)
    }

    /// Lets samples that follow others begin with a picture that begins anew, an earlier one if need be. Gives the place
    /// in [`Self::opened`] of what stands for it, if anything does.
    fn open(&mut self, clip: usize, view: &View<'_>, range: &mut Range<u64>) -> Result<Option<usize>, ExportError> {
        let Some(one) = self.clips.get(clip) else { return Ok(None) };
        let source = one.spec.source;
        let Some(track) = one.index.tracks().iter().position(|track| std::ptr::eq(track, view.track)) else {
            return Ok(None);
        };
        let refused = || Err(ExportError::JoinNeedsEncoding { clips: vec![source], fields: vec!["key_frame"] });
        let decode = |sample: u64| walk::decode_time(view.track, sample);
        let farthest = decode(range.start) - FARTHEST * i64::from(view.track.timescale.get());
        let before = |sample: u64| walk::sync_before(view.track, sample).filter(|before| decode(*before) >= farthest);
        for looked in 1..=MOST {
            let key = Key { source, track, sample: range.start };
            match openings::known(self.opened, key) {
                Some((_, Found::Anew)) => return Ok(None),
                Some((place, Found::Broken(_))) => return Ok(Some(place)),
                Some((_, Found::Unsure)) => match openings::ask(view.track, self.opened, key, true) {
                    Asked::TooLarge => return refused(),
                    asked => {
                        self.want(asked);
                        return Ok(None);
                    }
                },
                // As many more at once as were looked at in vain.
                None => {
                    let mut sample = Some(range.start);
                    for _ in 0..looked {
                        let Some(next) = sample else { break };
                        self.want(openings::ask(view.track, self.opened, Key { sample: next, ..key }, false));
                        sample = before(next);
                    }
                    return Ok(None);
                }
                // A file that begins so is taken as it is.
                Some((_, Found::Leans)) if key.sample == 0 => return Ok(None),
                Some((_, Found::Leans)) if self.fragments => return refused(),
                Some((_, Found::Leans)) => match before(range.start) {
                    Some(before) => range.start = before,
                    None => return refused(),
                },
            }
        }
        refused()
    }

    fn want(&mut self, asked: Asked) {
        if let Asked::For(opening) = asked
            && !self.asked.contains(&opening)
        {
            self.asked.push(opening);
        }
    }
}
