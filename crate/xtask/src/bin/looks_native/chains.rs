//! Chains as tests/examples/plans.rs prints them and playwright/support/plans.ts describes them.

use std::collections::HashMap;

use serde::Deserialize;

/// All that is measured.
#[derive(Deserialize)]
pub(crate) struct Chains {
    pub(crate) vertex: String,
    /// Of programs that have another one, by key.
    pub(crate) vertices: HashMap<String, String>,
    /// Fragment shaders by key.
    pub(crate) programs: HashMap<String, String>,
    pub(crate) measured: Vec<Measured>,
}

impl Chains {
    pub(crate) fn find(&self, name: &str, form: &str) -> Option<&Measured> {
        self.measured.iter().find(|one| one.name == name && one.form == form)
    }
}

#[derive(Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) form: String,
    pub(crate) chain: Chain,
    /// What its targets hold but the last: bytes, if nothing is said.
    #[serde(default)]
    pub(crate) between: Texels,
}

/// What a target holds.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Texels {
    #[default]
    Bytes,
    Half,
    Float,
}

/// Without passes it is the frame.
#[derive(Default, Deserialize)]
pub(crate) struct Chain {
    pub(crate) passes: Vec<Pass>,
    /// Of each step.
    pub(crate) values: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
pub(crate) struct Pass {
    pub(crate) key: String,
    pub(crate) scale: f32,
    pub(crate) src: Picture,
    pub(crate) uniforms: Vec<Uniform>,
    pub(crate) done: Vec<usize>,
}

#[derive(Deserialize)]
pub(crate) struct Uniform {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) source: Source,
}

/// What a pass reads: the frame (a word), or what this pass drew.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Picture {
    Pass(usize),
    #[allow(dead_code, reason = "any word means it")]
    Frame(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Source {
    Param { step: usize, param: usize },
    Picture { picture: Picture },
    Word(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Number(f32),
    Color([f32; 3]),
    Vector([f32; 4]),
    Curve {
        texels: Vec<u8>,
    },
    /// A handle: the one table that there is.
    #[allow(dead_code, reason = "any number means it")]
    Picture {
        picture: u32,
    },
    Word(String),
}
