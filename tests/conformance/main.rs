//! Our MP4 layer against the specification and against others: what we write is read back by ourselves, by a plain reader,
//! by the `mp4` crate and by ffmpeg; what others or accidents write is read without a panic.

/// NAL units between lengths and start codes.
mod annexb;
/// Any sample tables, flat and in fragments, through the scan.
mod any_tables;
/// Films made of real H.264, AAC and Opus: what ffprobe, ffmpeg and the `mp4` crate say of them.
mod films;
/// Files of other makers: every sample as ffprobe lists it.
mod foreign;
/// Joined films of real clips of every kind.
mod joins;
/// Films beyond 4 GiB.
mod large;
/// What edit lists show, as ffprobe shows it.
mod presentations;
/// The sums, tokens, keys and paths of Kodo's vectors.
mod qiniu;
/// What damaged files are repaired to, and what cannot be.
mod repairs;
/// What is written is what is read, for any samples.
mod round_trip;
/// Sound encoded anew at joins.
mod seams;
/// Files that are no MP4.
mod strangers;
/// Parts of real clips.
mod trims;
/// Films of our writers, judged by ffprobe and ffmpeg.
mod writers;
