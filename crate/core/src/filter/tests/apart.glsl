uniform float f0_amount;

vec4 bright(vec4 color, vec2 uv, float amount) {
    return color + amount;
}

void main() {
    vec4 color = texture(u_src, v_uv);
    color.rgb = clamp(bright(color, v_uv, f0_amount).rgb, 0.0, 1.0);
    o_color = color;
}
