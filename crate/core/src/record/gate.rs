//! The admission gate: refuses a frame before any work on it when something behind it is late.
//!
//! Decides by counts, never by time. Sound never passes here: it is never dropped.

use super::plan::DropReason;

/// What the driver sees at the moment a frame is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// `VideoEncoder.encodeQueueSize`.
    pub encoder_queue: u32,
    /// Pictures inside the filter chain (0 without GL).
    pub gpu_queue: u32,
}

/// From where on frames are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Frames waiting in the encoder's queue.
    pub encoder_queue: u32,
    /// Frames admitted whose chunk has not come, without those that the encoder holds back by its nature.
    pub in_flight: u32,
    /// Encoded bytes not yet acknowledged by the disk, those waiting for their fragment included.
    pub unstored_bytes: u64,
    /// Pictures inside the filter chain.
    pub gpu_queue: u32,
}

impl Default for GateLimits {
    /// An encoder half a second behind at 30 fps, a disk 16 MiB behind (some 15 s at 8 Mbit/s), three pictures in GL:
    /// browsers tell that one is done with the work on the next, so that two mean nothing yet.
    fn default() -> GateLimits {
        GateLimits { encoder_queue: 8, in_flight: 16, unstored_bytes: 16 << 20, gpu_queue: GateLimits::GPU_QUEUE }
    }
}

impl GateLimits {
    /// Pictures inside the filter chain from which on frames are refused, where nothing else is said.
    pub const GPU_QUEUE: u32 = 3;

    /// `None` to admit.
    pub(super) fn refuse(&self, load: Load, in_flight: usize, unstored_bytes: u64) -> Option<DropReason> {
        if unstored_bytes >= self.unstored_bytes {
            Some(DropReason::Storage)
        } else if load.encoder_queue >= self.encoder_queue || in_flight >= self.in_flight as usize {
            Some(DropReason::Encoder)
        } else if load.gpu_queue >= self.gpu_queue {
            Some(DropReason::Gpu)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_refuses_with_its_own_reason_and_exactly_from_its_value_on() {
        let limits = GateLimits { encoder_queue: 2, in_flight: 3, unstored_bytes: 100, gpu_queue: 1 };
        let load = |encoder_queue, gpu_queue| Load { encoder_queue, gpu_queue };
        assert_eq!(limits.refuse(load(1, 0), 2, 99), None);
        assert_eq!(limits.refuse(load(2, 0), 2, 99), Some(DropReason::Encoder));
        assert_eq!(limits.refuse(load(1, 0), 3, 99), Some(DropReason::Encoder));
        assert_eq!(limits.refuse(load(1, 1), 0, 0), Some(DropReason::Gpu));
        assert_eq!(limits.refuse(load(9, 9), 9, 100), Some(DropReason::Storage));
    }
}
