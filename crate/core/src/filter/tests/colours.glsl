uniform mat3x2 f0_place;
uniform float f1_amount;
uniform sampler2D f2_table;
uniform float f2_part;
uniform mat3 f3_matrix;
uniform vec3 f3_black;

// 1 within the picture, 0 in the bars around it.
float within(vec2 uv) {
    vec2 inside = step(0.0, uv) * step(uv, vec2(1.0));
    return inside.x * inside.y;
}

// The source's picture, and black bars around it.
vec4 fetch(sampler2D src, vec2 uv) {
    return vec4(texture(src, uv).rgb * within(uv), 1.0);
}

vec2 orient(vec2 uv, mat3x2 place) {
    return place * vec3(uv, 1.0);
}

vec4 bright(vec4 color, vec2 uv, float amount) {
    return color + amount;
}

vec4 recolour_cell(sampler2D table, vec2 at) {
    return texture(table, at);
}

vec4 recolour(vec4 color, vec2 uv, sampler2D table, float part) {
    return mix(color, recolour_cell(table, color.rg), part);
}

vec4 recode(vec4 color, vec2 uv, mat3 matrix, vec3 black) {
    return vec4(matrix * color.rgb + black, color.a);
}

void main() {
    vec2 uv = orient(v_uv, f0_place);
    vec4 color = fetch(u_src, uv);
    color.rgb = clamp(bright(color, v_uv, f1_amount).rgb, 0.0, 1.0);
    color.rgb = clamp(recolour(color, v_uv, f2_table, f2_part).rgb, 0.0, 1.0);
    color.rgb = clamp(recode(color, v_uv, f3_matrix, f3_black).rgb, 0.0, 1.0);
    o_color = color;
}
