//! What others make of the films our writers lay out: ffprobe names title, poster, date, rotation and edits; ffmpeg decodes
//! the flat form, the fragmented form and a recording finished by its head to the same frames.

use onetake_core::demux::FileIndex;
use onetake_core::export::hybrid;
use onetake_core::isobmff::edits::Edit;
use onetake_core::isobmff::tables::{Chunk, Tables};
use onetake_core::media::{Size, TrackKind};
use onetake_core::mux::flat::{self, Film, FilmTrack};
use onetake_core::mux::fragmented::{Fragmented, Indexes, Part, fragmented};
use onetake_core::orientation::{ALL, Orientation};
use onetake_core::time::Timescale;
use onetake_tests::ffmpeg::{self, Scratch, entry};
use onetake_tests::film;
use onetake_tests::recording::scan;

const FRAGMENTED: &str = "-movflags frag_keyframe+empty_moov+default_base_moof";
/// 2023-11-14 22:13:20 UTC in seconds since 1904.
const CREATED: u64 = 2_082_844_800 + 1_700_000_000;

/// A clip by ffmpeg: its index, and its media with the tables of each track counted from there.
struct Source {
    file: Vec<u8>,
    index: FileIndex,
    tables: Vec<Tables>,
    media: std::ops::Range<usize>,
}

impl Source {
    fn new(file: Vec<u8>) -> Source {
        let (index, _) = scan(&file).expect("a clip");
        let media = index.media().expect("samples");
        let moved = |chunk: &Chunk| Chunk { offset: chunk.offset - media.start, ..*chunk };
        let tables = index.tracks().iter().map(|track| {
            let chunks = track.tables.chunks.iter().map(moved).collect();
            Tables { chunks, ..track.tables.clone() }
        });
        let tables = tables.collect();
        Source { file, index, tables, media: media.start as usize..media.end as usize }
    }

    fn payload(&self) -> &[u8] {
        &self.file[self.media.clone()]
    }

    fn tracks<'a>(&'a self, edits: &'a [Vec<Edit>]) -> Vec<FilmTrack<'a>> {
        let track = |(place, tables): (usize, &'a Tables)| {
            let track = &self.index.tracks()[place];
            FilmTrack { edits: edits.get(place).map_or(&[], Vec::as_slice), tables, ..FilmTrack::of(track) }
        };
        self.tables.iter().enumerate().map(track).collect()
    }

    fn film<'a>(&self, tracks: &'a [FilmTrack<'a>]) -> Film<'a> {
        Film::new(tracks, Timescale::new(1000).expect("not zero"), self.media.len() as u64)
    }

    fn flat(&self, film: &Film<'_>) -> Vec<u8> {
        [&flat::head(film).expect("a film"), self.payload()].concat()
    }

    fn fragmented(&self, film: &Film<'_>, indexes: Indexes) -> Vec<u8> {
        let laid: Fragmented = fragmented(film, indexes).expect("a film");
        let mut out = Vec::new();
        for part in &laid.parts {
            match part {
                Part::Own(range) => out.extend_from_slice(&laid.bytes[range.clone()]),
                Part::Media(range) => out.extend_from_slice(&self.payload()[range.start as usize..range.end as usize]),
            }
        }
        assert_eq!(out.len() as u64, laid.length);
        out
    }
}

/// Pictures that are reordered, and sound.
fn clip(scratch: &Scratch, options: &str) -> Source {
    Source::new(ffmpeg::clip(scratch, "clip.mp4", 4, &format!("-bf 2 -c:a aac {options} {FRAGMENTED}")))
}

#[test]
fn the_flat_the_fragmented_and_the_finished_form_decode_to_the_same_frames() {
    let scratch = Scratch::new();
    for options in ["", "-frag_duration 300000", "-vn"] {
        let source = clip(&scratch, options);
        let reordered = source.index.track(TrackKind::Video).map(|track| track.tables.offsets.only().is_none());
        assert_ne!(reordered, Some(false));
        let tracks = source.tracks(&[]);
        let film = source.film(&tracks);
        let finished = hybrid::finish(&source.index, 0).expect("a film");
        assert_eq!(finished.span, source.media.start as u64..source.media.end as u64);
        let span = &source.file[source.media.clone()];
        let (both, none) = (Indexes { sidx: true, mfra: true }, Indexes::default());
        let films = [
            ("flat", source.flat(&film)),
            ("bare", source.fragmented(&film, none)),
            ("indexed", source.fragmented(&film, both)),
            ("finished", [&finished.head, span].concat()),
        ];
        let original = scratch.path("clip.mp4");
        for (name, bytes) in films {
            let path = scratch.write(&format!("{name}.mp4"), &bytes);
            ffmpeg::decodes(&path);
            for track in source.index.tracks() {
                let stream = if track.kind == TrackKind::Video { "v" } else { "a" };
                assert_eq!(
                    ffmpeg::frame_hashes(&path, stream),
                    ffmpeg::frame_hashes(&original, stream),
                    "{options} {name} {stream}"
                );
                let duration = entry(&path, &format!("-select_streams {stream}"), "stream=duration_ts");
                if !matches!(name, "bare" | "indexed") {
                    assert_eq!(duration, track.tables.duration.to_string(), "{options} {name} {stream}");
                }
            }
        }
    }
}

#[test]
fn fragments_begin_with_key_frames_and_the_indexes_say_where() {
    let scratch = Scratch::new();
    let source = clip(&scratch, "");
    let tracks = source.tracks(&[]);
    let bytes = source.fragmented(&source.film(&tracks), Indexes { sidx: true, mfra: true });
    let order = film::order(&bytes);
    assert_eq!(order[..3], ["ftyp", "moov", "sidx"]);
    assert_eq!(order[3..order.len() - 1].concat(), "moofmdat".repeat(4));
    assert_eq!(order.last().map(String::as_str), Some("mfra"));
    let (again, _) = scan(&bytes).expect("a film");
    assert_eq!((again.fragments(), again.torn()), (4, None));
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let top = film::boxes(&bytes, 0..bytes.len());
    // Version 1: the references follow 36 bytes of header and fields.
    let sidx = top[2].body.start;
    assert_eq!(word(sidx + 28), 4);
    for (number, pair) in top[3..].chunks_exact(2).enumerate() {
        let reference = sidx + 32 + 12 * number;
        assert_eq!(word(reference) as usize, pair[0].range.len() + pair[1].range.len());
        assert_eq!((word(reference + 4), word(reference + 8) >> 28), (48_000, 9));
    }
    // The last word of the file is the size of `mfra`, whose first `tfra` lists the fragments of the first track.
    let mfra = top.last().expect("mfra");
    assert_eq!(word(bytes.len() - 4) as usize, mfra.range.len());
    let tfra = film::find(&bytes, mfra.body.clone(), "tfra").expect("tfra");
    assert_eq!((word(tfra.start + 4), word(tfra.start + 12)), (1, 4));
    for number in 0..4 {
        let row = tfra.start + 16 + 19 * number;
        assert_eq!(word(row + 12) as usize, top[3 + 2 * number].range.start);
    }
    // A player that seeks by the indexes decodes from there.
    let path = scratch.write("film.mp4", &bytes);
    ffmpeg::run("ffmpeg", "-v error -nostdin -ss 2.5 -i FILE -fps_mode passthrough -f null -", &path);
}

#[test]
fn title_poster_date_and_what_a_source_said_are_read_by_others() {
    let scratch = Scratch::new();
    let source = clip(&scratch, "");
    let pictures = [("png", "png"), ("jpg", "mjpeg")].map(|(name, codec)| {
        let path = scratch.path(&format!("poster.{name}"));
        ffmpeg::run("ffmpeg", "-v error -f lavfi -i testsrc2=size=64x48 -frames:v 1 FILE", &path);
        (std::fs::read(&path).expect("a picture"), codec)
    });
    let said = Source::new(ffmpeg::clip(
        &scratch,
        "said.mp4",
        1,
        &format!("-c:a aac -metadata title=Old -metadata comment=Kept {FRAGMENTED}"),
    ));
    assert!(!said.index.head().udta.is_empty());
    let tracks = source.tracks(&[]);
    for (poster, codec) in &pictures {
        let udta = &said.index.head().udta;
        let film = source.film(&tracks);
        let film = Film { created: CREATED, title: Some("Ein \u{30d5} Titel"), poster: Some(poster), udta, ..film };
        for (form, bytes) in
            [("flat", source.flat(&film)), ("fragmented", source.fragmented(&film, Indexes::default()))]
        {
            let path = scratch.write("film.mp4", &bytes);
            assert_eq!(entry(&path, "", "format_tags=title"), "Ein \u{30d5} Titel", "{form}");
            assert_eq!(entry(&path, "", "format_tags=comment"), "Kept", "{form}");
            assert_eq!(entry(&path, "", "format_tags=creation_time"), "2023-11-14T22:13:20.000000Z", "{form}");
            let stream =
                entry(&path, "-select_streams v:1", "stream=codec_name,width,height:stream_disposition=attached_pic");
            assert_eq!(stream.split_whitespace().collect::<Vec<_>>(), [codec, "64", "48", "1"], "{form}");
            ffmpeg::decodes(&path);
        }
    }
    // Without anything new the source's words are passed on as they are.
    let film = Film { udta: &said.index.head().udta, ..source.film(&tracks) };
    let path = scratch.write("film.mp4", &source.flat(&film));
    assert_eq!(entry(&path, "", "format_tags=title"), "Old");
    assert_eq!(hybrid_title(&scratch, &said), "Old");
}

fn hybrid_title(scratch: &Scratch, said: &Source) -> String {
    let finished = hybrid::finish(&said.index, CREATED).expect("a film");
    let path = scratch.write("finished.mp4", &[&finished.head, said.payload()].concat());
    assert_eq!(entry(&path, "", "format_tags=creation_time"), "2023-11-14T22:13:20.000000Z");
    entry(&path, "", "format_tags=title")
}

#[test]
fn turned_pictures_are_turned_by_others() {
    let scratch = Scratch::new();
    let source = clip(&scratch, "-an");
    let stored = source.index.tracks()[0].size.expect("a size");
    for orientation in ALL {
        let mut tracks = source.tracks(&[]);
        tracks[0].matrix = orientation.matrix(stored);
        let film = source.film(&tracks);
        for bytes in [source.flat(&film), source.fragmented(&film, Indexes::default())] {
            let path = scratch.write("film.mp4", &bytes);
            let said = entry(&path, "-select_streams v", "stream_side_data=rotation");
            if orientation == Orientation::UPRIGHT {
                assert_eq!(said, "");
                continue;
            }
            // ffprobe counts turns to the left; of a mirrored picture it says what is left of the turn.
            let turned = said.parse::<i32>().expect("degrees").rem_euclid(180) == 90;
            let Size { width, height } = orientation.upright(stored);
            assert_eq!(turned, (width, height) != (stored.width, stored.height), "{orientation:?}: {said}");
        }
    }
}

#[test]
fn edits_move_and_cut_what_others_show() {
    let scratch = Scratch::new();
    let source = clip(&scratch, "");
    // Sound a second late; pictures from their 31st frame in order of presentation, for two seconds.
    let video = &source.index.tracks()[0];
    let first = i64::from(video.tables.offsets.first().expect("frames"));
    let edits = [vec![Edit::media(2000, first + 48_000)], vec![Edit::empty(1000), Edit::media(3000, 0)]];
    let tracks = source.tracks(&edits);
    let film = source.film(&tracks);
    let path = scratch.write("flat.mp4", &source.flat(&film));
    let all = ffmpeg::frame_hashes(&scratch.path("clip.mp4"), "v");
    assert_eq!(ffmpeg::frame_hashes(&path, "v"), all[30..90]);
    let starts = |path: &std::path::Path| {
        ["v", "a"].map(|kind| entry(path, &format!("-select_streams {kind}"), "stream=start_time"))
    };
    assert_eq!(starts(&path), ["0.000000", "1.000000"]);
    assert_eq!(entry(&path, "", "format=duration"), "4.000000");
    // Of fragments ffmpeg shows everything, moved.
    let path = scratch.write("fragmented.mp4", &source.fragmented(&film, Indexes { sidx: true, mfra: false }));
    assert_eq!(starts(&path), ["-1.000000", "1.000000"]);
}
