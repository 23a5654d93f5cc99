uniform mat3x2 f0_place;
uniform vec2 u_size;
uniform float f1_angle;
uniform float f3_amount;

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

vec2 turn(vec2 uv, vec2 size, float angle) {
    return uv + angle / size;
}

vec2 flip(vec2 uv) {
    return vec2(1.0 - uv.x, uv.y);
}

vec4 bright(vec4 color, vec2 uv, float amount) {
    return color + amount;
}

void main() {
    vec2 uv = flip(v_uv);
    float seen = within(uv);
    uv = turn(uv, u_size, f1_angle);
    seen *= within(uv);
    uv = orient(uv, f0_place);
    vec4 color = fetch(u_src, uv);
    color.rgb *= seen;
    color.rgb = clamp(bright(color, v_uv, f3_amount).rgb, 0.0, 1.0);
    o_color = color;
}
