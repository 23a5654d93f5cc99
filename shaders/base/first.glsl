uniform mat3x2 f0_place;
uniform mat3 f1_matrix;
uniform vec3 f1_black;

void main() {
    vec2 uv = orient(v_uv, f0_place);
    vec4 color = fetch(u_src, uv);
    color = recode(color, v_uv, f1_matrix, f1_black);
    o_color = color;
}
