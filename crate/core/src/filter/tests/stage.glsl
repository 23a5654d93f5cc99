uniform vec2 u_texel;
uniform float f0_radius;

const float SOFT_HALF = 0.5;

vec4 soft_across(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return texture(src, uv + texel * radius * SOFT_HALF);
}

void main() {
    vec4 color = clamp(soft_across(u_src, v_uv, u_texel, f0_radius), 0.0, 1.0);
    o_color = color;
}
