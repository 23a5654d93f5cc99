//! Films of real H.264, AAC and Opus: encoded by ffmpeg, cut into segments by our recorder's writer, joined by our export,
//! judged by ffprobe, ffmpeg, the `mp4` crate and a plain reader.

use std::io::Cursor;
use std::sync::OnceLock;

use onetake_core::codec::{Likeness, SampleEntry, avc, compare};
use onetake_core::demux::FileIndex;
use onetake_core::export::{ExportError, Warning};
use onetake_core::media::{AudioCodec, Size, TrackKind, VideoCodec};
use onetake_core::mux::TrackConfig;
use onetake_core::orientation::Orientation;
use onetake_core::time::Ticks;
use onetake_tests::ffmpeg::{self, Scratch};
use onetake_tests::film;
use onetake_tests::recording::{Disk, Packet, Track, record, scan};

const FRAGMENTED: &str = "-movflags frag_keyframe+empty_moov+default_base_moof";

/// The packets of a track that a scan found.
fn demux(file: &[u8], index: &FileIndex, kind: TrackKind) -> (Track, Vec<u64>) {
    let track = index.track(kind).expect("the track");
    let tables = &track.tables;
    let mut places = Vec::new();
    let mut sizes = tables.sizes.iter();
    for chunk in &tables.chunks {
        let mut at = chunk.offset;
        for size in sizes.by_ref().take(chunk.samples as usize) {
            places.push((at, size));
            at += u64::from(size);
        }
    }
    let mut time = track.start;
    let rows = tables.durations.iter().zip(tables.syncs.iter()).zip(&places);
    let packets = rows.map(|((duration, sync), &(at, size))| {
        let data = file[at as usize..at as usize + size as usize].to_vec();
        let packet = Packet { time, duration, sync, data };
        time += u64::from(duration);
        packet
    });
    let packets = packets.collect();
    let (entry, orientation) = (track.entry().clone(), track.orientation);
    let config = TrackConfig { kind, entry, size: track.size, orientation };
    (Track { config, packets }, places.into_iter().map(|(at, _)| at).collect())
}

/// Both tracks of a clip made by ffmpeg.
fn tracks(file: &[u8]) -> [Track; 2] {
    let (index, _) = scan(file).expect("an ordinary fragmented file");
    [TrackKind::Video, TrackKind::Audio].map(|kind| demux(file, &index, kind).0)
}

/// Cuts a clip at its key frames, each second, into recordings as the recorder writes them: times from 0, audio in whole
/// packets, video ending with them, PreSkip 0.
fn segments(clip: &[u8]) -> Vec<Vec<u8>> {
    let [video, mut audio] = tracks(clip);
    if audio.config.entry.audio_codec() == Some(AudioCodec::Opus) {
        audio.config.entry = SampleEntry::opus(&[], 1).expect("an entry");
    }
    let packet = u64::from(audio.packets[0].duration);
    let seconds = video.packets.len() / 30;
    let cut = |second: usize| (second as u64 * 48_000).div_ceil(packet) as usize;
    (0..seconds)
        .map(|second| {
            let move_to_zero = |mut packet: Packet, time: &mut u64| {
                packet.time = *time;
                *time += u64::from(packet.duration);
                packet
            };
            let (mut there, mut here) = (0, 0);
            let sound = audio.packets[cut(second)..cut(second + 1).min(audio.packets.len())].iter().cloned();
            let sound: Vec<_> = sound.map(|packet| move_to_zero(packet, &mut there)).collect();
            // ffmpeg stretches the first picture by the priming of AAC.
            let pictures = video.packets[30 * second..30 * (second + 1)].iter();
            let pictures = pictures.map(|packet| Packet { duration: 1_600, ..packet.clone() });
            let mut pictures: Vec<_> = pictures.map(|packet| move_to_zero(packet, &mut here)).collect();
            let last = pictures.last_mut().expect("thirty frames");
            last.duration = (there - last.time) as u32;
            let tracks = [
                Track { config: video.config.clone(), packets: pictures },
                Track { config: audio.config.clone(), packets: sound },
            ];
            record(&tracks, 16_000)
        })
        .collect()
}

/// Three segments of a second each, with this audio encoder; made once.
fn three(audio: AudioCodec) -> &'static [Vec<u8>] {
    static MADE: [OnceLock<Vec<Vec<u8>>>; 2] = [OnceLock::new(), OnceLock::new()];
    let (slot, encoder) = match audio {
        AudioCodec::Aac => (&MADE[0], "aac"),
        AudioCodec::Opus => (&MADE[1], "libopus"),
    };
    slot.get_or_init(|| {
        let scratch = Scratch::new();
        let clip = ffmpeg::clip(&scratch, "clip.mp4", 3, &format!("-c:a {encoder} -b:a 96k {FRAGMENTED}"));
        segments(&clip)
    })
}

#[test]
fn ordinary_fragmented_files_are_read_as_ffprobe_reads_them() {
    let scratch = Scratch::new();
    let layouts = [
        ("moof.mp4", "-movflags frag_keyframe+empty_moov+default_base_moof"),
        ("absolute.mp4", "-movflags frag_keyframe+empty_moov"),
        ("every.mp4", "-movflags frag_every_frame+empty_moov+default_base_moof"),
        ("cmaf.mp4", "-movflags cmaf+frag_keyframe+empty_moov+dash+global_sidx"),
        ("separate.mp4", "-movflags frag_keyframe+empty_moov+separate_moof+default_base_moof"),
    ];
    for (name, flags) in layouts {
        let file = ffmpeg::clip(&scratch, name, 2, &format!("-c:a aac {flags}"));
        let (index, reads) = scan(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((index.torn(), index.frames()), (None, 60), "{name}");
        for (kind, stream) in [(TrackKind::Video, "v"), (TrackKind::Audio, "a")] {
            let (track, places) = demux(&file, &index, kind);
            let ours = track.packets.iter().zip(places).map(|(packet, pos)| ffmpeg::Packet {
                dts: packet.time as i64,
                size: packet.data.len() as u64,
                pos,
                key: packet.sync,
            });
            let mut theirs = ffmpeg::packets(&scratch.path(name), stream);
            // ffprobe moves AAC by its priming unless told otherwise by an edit it ignores here.
            let shift = theirs[0].dts - track.packets[0].time as i64;
            theirs.iter_mut().for_each(|packet| packet.dts -= shift);
            assert_eq!(ours.collect::<Vec<_>>(), theirs, "{name} {stream}");
        }
        for payload in film::payloads(&file) {
            assert!(reads.iter().all(|read| read.end <= payload.start || payload.end <= read.start), "{name}");
        }
    }
}

#[test]
fn entries_are_read_and_made_again() {
    let scratch = Scratch::new();
    let clip = ffmpeg::clip(&scratch, "clip.mp4", 1, &format!("-c:a aac {FRAGMENTED}"));
    let [video, audio] = tracks(&clip);
    let (entry, size) = (video.config.entry, Size { width: 320, height: 240 });
    assert_eq!((entry.video_codec(), entry.size(), video.config.size), (Some(VideoCodec::Avc), Some(size), Some(size)));
    let record = entry.description().expect("an avcC");
    let config = avc::Config::parse(&record).expect("a record");
    let sps = avc::Sps::parse(&config.sps[0]).expect("an SPS");
    assert_eq!((sps.size, sps.profile, sps.level), (size, config.profile, config.level));
    let made = SampleEntry::avc1(&record, size).expect("an entry");
    assert_eq!(compare(&entry, &made), Likeness::Same);
    assert_eq!(entry.codec_string(), made.codec_string());
    let sound = audio.config.entry;
    let config = sound.description().expect("an AudioSpecificConfig");
    let made = SampleEntry::mp4a(&config, 1, 48_000).expect("an entry");
    assert_eq!((sound.codec_string(), compare(&sound, &made)), ("mp4a.40.2".to_owned(), Likeness::Same));
}

/// Exports these segments in this order and lets everybody judge the film.
fn judge(files: &[Vec<u8>], order: &[u32], audio: AudioCodec) -> Vec<u8> {
    let scratch = Scratch::new();
    let mut disk = Disk::new(files.iter().cloned());
    let layout = disk.export(order).expect("a film");
    let film = disk.compose(&layout);
    assert_eq!(disk.media_bytes_read(), 0);
    assert_eq!(film::order(&film), ["ftyp", "moov", "mdat"]);
    let report = &layout.report;
    assert_eq!((report.video, report.audio), (Some(VideoCodec::Avc), Some(audio)));
    assert_eq!((report.skew, report.frames, layout.spans().count()), (Ticks(0), 30 * order.len() as u64, order.len()));
    assert_eq!(report.copied_bytes + layout.bytes.len() as u64, film.len() as u64);

    let path = scratch.write("film.mp4", &film);
    let duration = report.duration.0.to_string();
    let seconds: f64 = ffmpeg::entry(&path, "", "format=duration").parse().expect("a duration");
    assert!((seconds * 48_000.0 - report.duration.0 as f64).abs() <= 1.0, "{seconds} s, {duration} ticks");
    for (stream, read) in ["v", "a"].into_iter().zip(film::tracks(&film)) {
        let select = format!("-select_streams {stream}");
        assert_eq!(ffmpeg::entry(&path, &select, "stream=duration_ts"), duration, "{stream}");
        assert_eq!(read.durations, [report.duration.0 as u64; 3], "{stream}");
        assert_eq!(read.edits, [(report.duration.0 as u64, 0)], "{stream}");
        let plain = read.samples.iter().map(|sample| ffmpeg::Packet {
            dts: sample.time as i64,
            size: sample.range.len() as u64,
            pos: sample.range.start as u64,
            key: sample.sync,
        });
        assert_eq!(plain.collect::<Vec<_>>(), ffmpeg::packets(&path, stream), "{stream}");
    }
    ffmpeg::decodes(&path);

    let mut hashes = Vec::new();
    for source in order {
        let path = scratch.write("segment.mp4", &files[*source as usize]);
        ffmpeg::decodes(&path);
        hashes.extend(ffmpeg::frame_hashes(&path, "v"));
    }
    assert_eq!(ffmpeg::frame_hashes(&path, "v"), hashes);
    let decoded = ffmpeg::sound_samples(&path);
    assert_eq!(decoded, report.duration.0 as u64, "decoded sound samples");
    let counted = ffmpeg::entry(&path, "-count_packets -select_streams a", "stream=nb_read_packets");
    assert_eq!(counted.parse::<i64>().expect("a count") * i64::from(audio.packet()), report.duration.0);
    film
}

/// The `mp4` crate, written by others, opens the film and reads each sample.
fn second_reader(film: &[u8]) {
    let mut reader = mp4::Mp4Reader::read_header(Cursor::new(film), film.len() as u64).expect("the mp4 crate opens it");
    assert_eq!(reader.tracks().len(), 2);
    for (id, track) in (1..).zip(film::tracks(film)) {
        assert_eq!(reader.sample_count(id).expect("a count") as usize, track.samples.len());
        for (number, sample) in (1..).zip(&track.samples) {
            let read = reader.read_sample(id, number).expect("readable").expect("present");
            assert_eq!(read.bytes[..], film[sample.range.clone()], "track {id} sample {number}");
            let times = (read.start_time, read.duration, read.rendering_offset);
            assert_eq!(times, (sample.time, sample.duration, 0), "track {id} sample {number}");
            // It takes a track without `stss` for one without sync samples.
            assert!(read.is_sync == sample.sync || track.handler == "soun", "track {id} sample {number}");
        }
    }
}

#[test]
fn an_h264_and_aac_film_is_what_everybody_says_it_is() {
    second_reader(&judge(three(AudioCodec::Aac), &[0, 1, 2], AudioCodec::Aac));
}

#[test]
fn an_h264_and_opus_film_is_what_everybody_says_it_is() {
    judge(three(AudioCodec::Opus), &[0, 1, 2], AudioCodec::Opus);
}

#[test]
fn segments_removed_and_reordered_give_films_as_good() {
    for order in [vec![2, 0], vec![1], vec![2, 1, 0], vec![1, 1, 0, 2]] {
        second_reader(&judge(three(AudioCodec::Aac), &order, AudioCodec::Aac));
        judge(three(AudioCodec::Opus), &order, AudioCodec::Opus);
    }
}

#[test]
fn a_cut_recording_makes_a_film_of_its_whole_fragments() {
    let files = three(AudioCodec::Opus);
    let cut = files[1][..files[1].len() - 1000].to_vec();
    let mut disk = Disk::new([files[0].clone(), cut, files[2].clone()]);
    let layout = disk.export(&[0, 1, 2]).expect("a film");
    assert_eq!((layout.report.skew, layout.report.warnings.as_slice()), (Ticks(0), &[Warning::TornTail][..]));
    assert!((70..90).contains(&layout.report.frames), "{} frames", layout.report.frames);
    let scratch = Scratch::new();
    let path = scratch.write("film.mp4", &disk.compose(&layout));
    ffmpeg::decodes(&path);
    for stream in ["v", "a"] {
        let ticks = ffmpeg::entry(&path, &format!("-select_streams {stream}"), "stream=duration_ts");
        assert_eq!(ticks, layout.report.duration.0.to_string());
    }
}

/// A one-second segment with these x264 parameters.
fn segment_with(x264: &str) -> Vec<u8> {
    let scratch = Scratch::new();
    let options = format!("-c:a libopus -x264-params {x264} {FRAGMENTED}");
    segments(&ffmpeg::clip(&scratch, "clip.mp4", 1, &options)).remove(0)
}

#[test]
fn clips_that_differ_in_colour_alone_are_joined_or_named() {
    let sd = segment_with("colormatrix=smpte170m:colorprim=smpte170m:transfer=smpte170m");
    let hd = segment_with("colormatrix=bt709:colorprim=bt709:transfer=bt709");
    let same = segment_with("colormatrix=bt470bg:colorprim=bt470bg:transfer=smpte170m");
    let full = segment_with("colormatrix=smpte170m:colorprim=smpte170m:transfer=smpte170m:fullrange=on");
    let warnings = |files: [&Vec<u8>; 2]| {
        let mut disk = Disk::new(files.map(Clone::clone));
        disk.export(&[0, 1]).map(|layout| layout.report.warnings)
    };
    assert_eq!(warnings([&sd, &hd]), Ok(vec![Warning::ColourMatrix]));
    assert_eq!(warnings([&sd, &same]), Ok(vec![]));
    assert_eq!(warnings([&sd, &full]), Err(ExportError::JoinNeedsEncoding { clips: vec![1], fields: vec!["range"] }));
    // Slices decode the same under the first clip's parameter set.
    judge(&[sd, hd], &[1, 0], AudioCodec::Opus);
}

#[test]
fn clips_that_need_encoding_are_named_with_what_differs() {
    let base = three(AudioCodec::Opus)[0].clone();
    let aac = three(AudioCodec::Aac)[0].clone();
    let references = segment_with("ref=3");
    let turned = {
        let [mut video, audio] = tracks(&base);
        video.config.orientation = Orientation::new(1, false);
        record(&[video, audio], 16_000)
    };
    let silent = record(&tracks(&base)[..1], 16_000);
    let fields = |other: &[u8]| {
        let mut disk = Disk::new([base.clone(), other.to_vec(), base.clone()]);
        match disk.export(&[0, 1, 2, 1]) {
            Err(ExportError::JoinNeedsEncoding { clips, fields }) if clips == [1] => fields,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fields(&aac), ["codec"]);
    assert_eq!(fields(&turned), ["orientation"]);
    // What has no sound gets silence.
    let layout = Disk::new([base.clone(), silent, base.clone()]).export(&[0, 1, 2]).expect("a film");
    assert_eq!((layout.report.skew, layout.report.duration), (Ticks(0), Ticks(3 * 48_000)));
    assert!(fields(&references).contains(&"sps"));
}
