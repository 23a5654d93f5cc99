uniform vec2 u_texel;
uniform int f0_mode;
uniform sampler2D f0_0;
uniform sampler2D f0_1;
uniform float f1_amount;

const float SOFT_HALF = 0.5;

vec4 soft(sampler2D src, vec2 uv, vec2 texel, int mode, sampler2D down, sampler2D across) {
    return mode == 0 ? texture(src, uv) : texture(down, uv) + texture(across, uv);
}

vec4 bright(vec4 color, vec2 uv, float amount) {
    return color + amount;
}

void main() {
    vec4 color = clamp(soft(u_src, v_uv, u_texel, f0_mode, f0_0, f0_1), 0.0, 1.0);
    color.rgb = clamp(bright(color, v_uv, f1_amount).rgb, 0.0, 1.0);
    o_color = color;
}
