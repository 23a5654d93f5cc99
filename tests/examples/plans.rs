//! Prints the draws of chains as JSON, for who draws them outside of the product: the specs and the bench of looks.
//! `cargo run -p onetake-tests --example plans` reads a [`Request`] from its standard input; `... -- <folder>` writes the
//! table of every look there instead, as `<folder>/<name>`, and what it makes of a grid of colours, as `<name>.made`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read as _, Write as _};
use std::path::Path;

use onetake_core::filter::{
    Asked, Chain, Ends, Form, Library, Picture, Plan, Range, Source, Step, VERTEX, Value, fuse, looks,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// One chain to fuse.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Request {
    asked: Vec<Asked>,
    /// One pass for each stage.
    apart: bool,
    /// What changes nothing is drawn too.
    all: bool,
    orient: bool,
    recode: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(folder) = std::env::args().nth(1) {
        for look in looks::LOOKS {
            let folder = Path::new(&folder);
            std::fs::write(folder.join(look.name), look.table().texels)?;
            // As a picture of 18 x 324: red to the right, green and then blue downwards, in steps of 15.
            let grid = (0..5832).map(|n| [n % 18, n / 18 % 18, n / 324].map(|step: u16| f32::from(step * 15) / 255.0));
            let texels =
                look.shown(grid).flat_map(|[r, g, b]| [r, g, b, 1.0].map(|level| (level * 255.0).round() as u8));
            std::fs::write(folder.join(look.name).with_extension("made"), texels.collect::<Vec<_>>())?;
        }
        return Ok(());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let requests: Vec<Request> = serde_json::from_str(&text)?;
    let mut library = Library::default();
    let (mut programs, mut vertices) = (BTreeMap::new(), BTreeMap::new());
    let mut chains = Vec::new();
    for request in &requests {
        let chain = Chain::check(&request.asked, &mut library)?;
        let steps: Vec<&Step> = if request.all { chain.steps.iter().collect() } else { chain.active() };
        let form = if request.apart { Form::Apart } else { Form::Fused };
        let plan = fuse(&mut library, &steps, Ends { orient: request.orient, recode: request.recode }, form);
        for pass in &plan.passes {
            let known = programs.entry(pass.key.clone()).or_insert_with(|| pass.fragment.clone());
            if *known != pass.fragment {
                return Err(format!("two programs are called {}", pass.key).into());
            }
            if pass.vertex != VERTEX {
                vertices.insert(pass.key.clone(), pass.vertex.clone());
            }
        }
        chains.push(
            json!({ "passes": passes(&plan), "values": steps.iter().map(|step| values(step)).collect::<Vec<_>>() }),
        );
    }
    let out = json!({ "vertex": VERTEX, "vertices": vertices, "programs": programs, "chains": chains });
    std::io::stdout().write_all(out.to_string().as_bytes())?;
    Ok(())
}

fn passes(plan: &Plan) -> Vec<Json> {
    let passes = plan.passes.iter().map(|pass| {
        let uniforms = pass.uniforms.iter();
        let uniforms = uniforms.map(|one| json!({ "name": one.name, "kind": one.kind, "source": source(one.source) }));
        let (src, uniforms) = (picture(pass.src), uniforms.collect::<Vec<_>>());
        json!({ "key": pass.key, "scale": pass.scale, "src": src, "ownPoint": pass.own_point, "uniforms": uniforms, "done": pass.done })
    });
    passes.collect()
}

fn picture(picture: Picture) -> Json {
    match picture {
        Picture::Frame => json!("frame"),
        Picture::Pass(pass) => json!(pass),
    }
}

fn source(source: Source) -> Json {
    match source {
        Source::Place => json!("place"),
        Source::Matrix => json!("matrix"),
        Source::Black => json!("black"),
        Source::Texel => json!("texel"),
        Source::Size => json!("size"),
        Source::Time => json!("time"),
        Source::Picture(one) => json!({ "picture": picture(one) }),
        Source::Param { step, param } => json!({ "step": step, "param": param }),
    }
}

/// As the specs' `Bound` has them.
fn values(step: &Step) -> Vec<Json> {
    let values = step.values.iter().zip(&step.filter.params).map(|(value, param)| match value {
        Value::Number(number) => json!(number),
        Value::Color(color) => json!(color.map(|level| f32::from(level) / 255.0)),
        Value::Vector(numbers) => json!(numbers),
        Value::Choice(choice) => json!(choice),
        Value::Curve(Some(texels)) => json!({ "texels": texels }),
        Value::Picture(Some(handle)) => json!({ "picture": handle }),
        Value::Curve(None) => json!("curve"),
        Value::Picture(None) => json!(if param.range == Range::Table { "table" } else { "image" }),
    });
    values.collect()
}
