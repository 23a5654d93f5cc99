use super::*;

const ORIENT: Ends = Ends { orient: true, recode: false };
const BOTH: Ends = Ends { orient: true, recode: true };

/// What stands behind the head that all programs share.
fn text(pass: &Pass) -> &str {
    let head = include_str!("../../../../../shaders/base/fragment.glsl");
    pass.fragment.strip_prefix(head).expect("the head").trim_start()
}

#[test]
fn colours_of_a_camera_are_one_pass_with_its_place_first_and_its_recoding_last() {
    let mut library = Library::with(&FILES);
    let plan = plan(&mut library, &["bright", "recolour"], BOTH, Form::Fused);
    assert_eq!(keys(&plan), ["orient+bright+recolour+recode"]);
    let pass = &plan.passes[0];
    assert_eq!(text(pass), include_str!("colours.glsl"));
    let step = |step, param| Source::Param { step, param };
    let wanted = [
        ("f0_place", "mat3x2", Source::Place),
        ("f1_amount", "float", step(0, 0)),
        ("f2_table", "sampler2D", step(1, 0)),
        ("f2_part", "float", step(1, 1)),
        ("f3_matrix", "mat3", Source::Matrix),
        ("f3_black", "vec3", Source::Black),
    ];
    let found: Vec<_> = pass.uniforms.iter().map(|one| (one.name.as_str(), one.kind, one.source)).collect();
    assert_eq!(found, wanted);
    assert_eq!((pass.src, pass.scale), (Picture::Frame, 1.0));
}

#[test]
fn neighbours_that_scale_and_shift_are_one_step_whose_numbers_the_vertex_shader_makes() {
    let mut library = Library::default();
    let names =
        ["crop", "brightness", "rgb_gain", "saturation", "contrast", "sepia", "invert", "contrast", "brightness"];
    let fused = plan(&mut library, &names, Ends::default(), Form::Fused);
    assert_eq!(keys(&fused), [names.join("+")]);
    let pass = &fused.passes[0];
    assert_eq!(
        pass.vertex.strip_prefix(include_str!("../../../../../shaders/base/vertex.glsl")),
        Some(include_str!("steps_vertex.glsl"))
    );
    let main = pass.fragment.split_once("void main() {\n").map(|(_, main)| main);
    assert_eq!(main, Some(include_str!("steps.glsl")));
    assert!(!pass.fragment.contains("vec4 invert(") && pass.fragment.contains("vec4 contrast("));
    let apart = plan(&mut library, &names, Ends::default(), Form::Apart);
    assert!(apart.passes.iter().all(|pass| (pass.vertex == VERTEX) == (pass.key != "saturation")));
    // A warp, and nothing else, reads where its points do not lie.
    assert!(apart.passes.iter().all(|pass| pass.own_point == (pass.key != "crop")) && !fused.passes[0].own_point);
}

#[test]
fn the_last_warp_sees_the_targets_point_first_and_colours_never_see_the_warped_one() {
    let mut library = Library::with(&FILES);
    let plan = plan(&mut library, &["turn", "flip", "bright"], ORIENT, Form::Fused);
    assert_eq!(keys(&plan), ["orient+turn+flip+bright"]);
    assert_eq!(text(&plan.passes[0]), include_str!("warps.glsl"));
}

#[test]
fn a_filter_that_stands_twice_is_defined_once_and_has_two_sets_of_values() {
    let mut library = Library::with(&FILES);
    let plan = plan(&mut library, &["bright", "recolour", "bright"], Ends::default(), Form::Fused);
    assert_eq!(keys(&plan), ["bright+recolour+bright"]);
    assert_eq!(text(&plan.passes[0]), include_str!("twice.glsl"));
}

#[test]
fn stages_are_passes_of_their_own_and_the_last_takes_colours_along() {
    let mut library = Library::with(&FILES);
    let plan = plan(&mut library, &["bright", "soft", "bright", "edge"], ORIENT, Form::Fused);
    assert_eq!(keys(&plan), ["orient+bright", "soft.across", "soft.down", "soft.soft+bright", "edge"]);
    let read: Vec<_> = plan.passes.iter().map(|pass| (pass.src, pass.scale, pass.done.as_slice())).collect();
    assert_eq!(
        read,
        [
            (Picture::Frame, 1.0, &[][..]),
            (Picture::Pass(0), 0.5, &[]),
            (Picture::Pass(1), 0.5, &[]),
            (Picture::Pass(0), 1.0, &[0, 1, 2]),
            (Picture::Pass(3), 1.0, &[3]),
        ]
    );
    assert_eq!(text(&plan.passes[1]), include_str!("stage.glsl"));
    assert_eq!(text(&plan.passes[3]), include_str!("last_stage.glsl"));
    let others = plan.passes[3].uniforms.iter().filter(|one| matches!(one.source, Source::Picture(_)));
    let others: Vec<_> = others.map(|one| (one.name.as_str(), one.source)).collect();
    // In the order of the function's arguments.
    let picture = |pass| Source::Picture(Picture::Pass(pass));
    assert_eq!(others, [("f0_0", picture(2)), ("f0_1", picture(1))]);
}

#[test]
fn what_reads_around_a_point_needs_a_finished_picture() {
    let mut library = Library::with(&FILES);
    let mut keys_of = |names: &[&str], ends| {
        let plan = plan(&mut library, names, ends, Form::Fused);
        keys(&plan).iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys_of(&["edge"], Ends::default()), ["edge"]);
    assert_eq!(keys_of(&["edge"], BOTH), ["orient", "edge+recode"]);
    assert_eq!(
        keys_of(&["turn", "edge", "turn", "flip", "bright"], ORIENT),
        ["orient+turn", "edge", "turn+flip+bright"]
    );
    assert_eq!(keys_of(&["bright", "turn", "bright"], ORIENT), ["orient+bright", "turn+bright"]);
    assert_eq!(keys_of(&["edge", "edge", "bright", "edge"], Ends::default()), ["edge", "edge+bright", "edge"]);
    assert_eq!(keys_of(&[], ORIENT), ["orient"]);
    assert_eq!(keys_of(&[], Ends::default()), [""; 0]);
}

#[test]
fn what_compares_with_the_frame_keeps_it() {
    let mut library = Library::with(&FILES);
    let kept = plan(&mut library, &["bright", "edge", "split"], ORIENT, Form::Fused);
    assert_eq!(keys(&kept), ["orient", "bright", "edge+split"]);
    let reads = |plan: &Plan| {
        plan.passes.last().and_then(|pass| Some(pass.uniforms.iter().find(|one| one.name == "f1_0")?.source))
    };
    assert_eq!(reads(&kept), Some(Source::Picture(Picture::Pass(0))));
    assert_eq!(kept.passes[2].done, [0, 1]);
    let upright = plan(&mut library, &["bright", "split"], Ends::default(), Form::Fused);
    assert_eq!((keys(&upright), reads(&upright)), (vec!["bright+split"], Some(Source::Picture(Picture::Frame))));
}

#[test]
fn apart_each_filter_has_its_own_pass() {
    let mut library = Library::with(&FILES);
    let apart = plan(&mut library, &["turn", "flip", "bright", "soft", "bright", "split"], BOTH, Form::Apart);
    let wanted =
        ["orient", "turn", "flip", "bright", "soft.across", "soft.down", "soft.soft", "bright", "split", "recode"];
    assert_eq!(keys(&apart), wanted);
    assert_eq!(text(&apart.passes[3]), include_str!("apart.glsl"));
}

#[test]
fn more_pictures_than_a_program_may_read_are_two_passes() {
    let mut library = Library::with(&FILES);
    let plan = plan(&mut library, &["recolour"; 17], ORIENT, Form::Fused);
    let counts: Vec<_> = plan.passes.iter().map(|pass| pass.key.matches("recolour").count()).collect();
    assert_eq!(counts, [15, 2]);
}

#[test]
fn a_filter_of_ones_own_keeps_the_lines_of_its_file_for_the_compiler() {
    let mut library = Library::with(&FILES);
    let source = "// kind: area\n// stage: a scale 0.5\nvec4 a(sampler2D src, vec2 uv, vec2 texel) {\n    // Why.\n\
                  \x20   return texture(src, uv);\n}\n// stage: mine\nvec4 mine(sampler2D src, vec2 uv, vec2 texel) {\n    return vec4(levl);\n}\n";
    let filter = library.define(source).expect("a filter");
    let plan = alone(&mut library, &filter);
    assert_eq!(keys(&plan), ["mine#1.a", "mine#1.mine"]);
    assert_eq!(text(&plan.passes[0]), include_str!("own.glsl"));
    library.handle_defined(filter);
    let again = library.define(source).expect("the same once more");
    assert_eq!(keys(&alone(&mut library, &again)), ["mine#2.a", "mine#2.mine"]);
}
