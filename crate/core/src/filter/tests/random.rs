use proptest::prelude::*;

use super::*;
use crate::filter::glsl::{Tokens, declared, is_name, uncommented};

/// What GLSL and our filters call without defining it, as far as tests need it.
fn is_known(name: &str) -> bool {
    const WORDS: &str = " if for while return float int uint bool vec2 vec3 vec4 ivec2 ivec3 ivec4 uvec2 uvec3 uvec4 bvec2 bvec3 \
        bvec4 mat2 mat3 mat4 mat3x2 texture textureLod textureSize texelFetch mix clamp min max abs floor ceil fract mod sign \
        round sqrt inversesqrt pow exp exp2 log log2 sin cos tan asin acos atan dot cross length distance normalize reflect \
        step smoothstep greaterThan lessThan lessThanEqual greaterThanEqual equal notEqual any all not all radians degrees \
        transpose inverse determinant uintBitsToFloat floatBitsToUint floatBitsToInt dFdx dFdy fwidth switch trunc tanh sinh cosh isnan isinf ";
    WORDS.contains(&[" ", name, " "].concat())
}

/// A program's parts: every function is defined once, before it is called; every uniform once in a shader, and all of
/// them told to the caller.
pub(super) fn is_program(pass: &Pass) {
    let vertex = is_shader(pass, &pass.vertex);
    let fragment = is_shader(pass, &pass.fragment);
    let told = pass.uniforms.iter().map(|uniform| [uniform.kind, " ", &uniform.name].concat());
    let told: Vec<String> = std::iter::once("sampler2D u_src".to_owned()).chain(told).collect();
    let (lay, own) = vertex.split_at(2);
    assert_eq!(lay, ["bool u_target", "bvec3 u_turn"]);
    assert_eq!([fragment.as_slice(), own].concat(), told);
    let names = told.iter().chain(lay).filter_map(|uniform| uniform.split(' ').nth(1));
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), told.len() + 2, "each name once: {names:?}");
    let passed = |text: &str, way: &str| {
        let passed = text.lines().filter_map(|line| line.strip_prefix("flat ")?.strip_prefix(way)).map(str::to_owned);
        passed.collect::<Vec<_>>()
    };
    assert_eq!(passed(&pass.fragment, "in "), passed(&pass.vertex, "out "));
    assert!(passed(&pass.fragment, "in ").len() <= 14);
}

/// The uniforms of a shader.
fn is_shader(pass: &Pass, text: &str) -> Vec<String> {
    let text = uncommented(text).expect("comments end");
    let mut uniforms = Vec::new();
    let mut code = String::new();
    for line in text.lines() {
        match line.strip_prefix("uniform ").and_then(|rest| rest.strip_suffix(';')) {
            Some(uniform) => uniforms.push(uniform.to_owned()),
            None if line.starts_with(['#', 'p', 'i', 'o']) && !line.contains('(') => {}
            None if line.starts_with("flat ") => {}
            None => {
                code.push_str(line);
                code.push('\n');
            }
        }
    }
    let names: Vec<&str> = uniforms.iter().filter_map(|uniform| uniform.split(' ').nth(1)).collect();
    let declared = declared(&code).expect("functions and constants");
    let mut known: Vec<&str> = Vec::new();
    for item in &declared {
        assert!(!known.contains(&item.name), "{} twice", item.name);
        known.push(item.name);
        let mut tokens = Tokens::new(item.text).peekable();
        while let Some(token) = tokens.next() {
            let called = tokens.peek().is_some_and(|next| next.text == "(") && is_name(token.text);
            let foreign = pass.key.contains('#');
            assert!(
                !called || foreign || is_known(token.text) || known.contains(&token.text),
                "{} is not yet there",
                token.text
            );
            assert!(!token.text.starts_with("u_") || names.contains(&token.text) || foreign, "{}", token.text);
        }
    }
    assert_eq!(declared.last().map(|item| item.name), Some("main"));
    uniforms
}

/// The kinds of a pass's filters.
fn kinds(library: &mut Library, pass: &Pass) -> Vec<Kind> {
    let names = pass.key.split('+').map(|name| name.split('.').next().unwrap_or_default());
    names.map(|name| library.find(name).expect("a filter").kind).collect()
}

/// `(coord* | area) (point | composite)*`.
fn obeys_the_grammar(kinds: &[Kind]) -> bool {
    let rest: Vec<Kind> = match kinds {
        [Kind::Area, rest @ ..] => rest.to_vec(),
        _ => kinds.iter().copied().skip_while(|kind| *kind == Kind::Coord).collect(),
    };
    rest.iter().all(|kind| matches!(kind, Kind::Point | Kind::Composite))
}

/// The chain that passes stand for: of a filter's stages, the last one.
fn told(library: &mut Library, plan: &Plan) -> Vec<String> {
    let names = plan.passes.iter().flat_map(|pass| pass.key.split('+'));
    let mut told: Vec<String> = Vec::new();
    for name in names {
        let (filter, stage) = name.split_once('.').unwrap_or((name, name));
        let stages = &library.find(filter).expect("a filter").stages;
        if stages.last().is_some_and(|last| last.name == stage) {
            told.push(filter.to_owned());
        }
    }
    told
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn any_chain_is_drawn_whole_in_order_by_passes_of_the_grammar(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..24), orient: bool, recode: bool, apart: bool,
    ) {
        let mut library = Library::with(&FILES);
        let public: Vec<String> = FILES.iter().map(|(name, _)| (*name).to_owned())
            .chain(library.public().iter().map(|filter| filter.name.clone())).collect();
        let names: Vec<&str> = picks.iter().map(|pick| public[pick.index(public.len())].as_str()).collect();
        let form = if apart { Form::Apart } else { Form::Fused };
        let plan = plan(&mut library, &names, Ends { orient, recode }, form);

        let all = orient.then_some("orient").into_iter().chain(names.iter().copied()).chain(recode.then_some("recode"));
        let stages: usize = all.clone().map(|name| library.find(name).expect("a filter").stages.len()).sum();
        let drawn: usize = plan.passes.iter().map(|pass| pass.key.split('+').count()).sum();
        prop_assert_eq!(stages, drawn);
        prop_assert_eq!(told(&mut library, &plan), all.map(str::to_owned).collect::<Vec<_>>());
        if apart {
            prop_assert_eq!(plan.passes.len(), stages);
        }
        let mut free: Vec<usize> = Vec::new();
        for (place, pass) in plan.passes.iter().enumerate() {
            prop_assert!(obeys_the_grammar(&kinds(&mut library, pass)), "{}", pass.key);
            is_program(pass);
            let others = plan.passes.iter().filter(|other| other.key == pass.key);
            prop_assert!(others.clone().all(|other| other.fragment == pass.fragment), "equal keys, equal programs");
            let pictures = pass.uniforms.iter().filter_map(|one| match one.source { Source::Picture(one) => Some(one), _ => None });
            for picture in pictures.chain([pass.src]) {
                if let Picture::Pass(read) = picture {
                    prop_assert!(read < place && !free.contains(&read), "{} reads {}", place, read);
                }
            }
            let samplers = pass.uniforms.iter().filter(|one| one.kind == "sampler2D").count();
            prop_assert!(samplers < 16);
            free.extend(&pass.done);
        }
        free.sort_unstable();
        prop_assert_eq!(free, (0..plan.passes.len().saturating_sub(1)).collect::<Vec<_>>());
        prop_assert!(plan.passes.last().is_none_or(|last| last.scale == 1.0));
    }
}
