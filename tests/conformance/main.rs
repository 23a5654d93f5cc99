//! Our MP4 layer against the specification and against others: what we write is read back by ourselves, by a plain reader,
//! by the `mp4` crate and by ffmpeg; what others or accidents write is read without a panic.

/// Films made of real H.264, AAC and Opus: what ffprobe, ffmpeg and the `mp4` crate say of them.
mod films;
/// Films beyond 4 GiB.
mod large;
/// What is written is what is read, for any samples.
mod round_trip;
