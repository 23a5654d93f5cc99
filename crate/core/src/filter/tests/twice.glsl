uniform float f0_amount;
uniform sampler2D f1_table;
uniform float f1_part;
uniform float f2_amount;

vec4 bright(vec4 color, vec2 uv, float amount) {
    return color + amount;
}

vec4 recolour_cell(sampler2D table, vec2 at) {
    return texture(table, at);
}

vec4 recolour(vec4 color, vec2 uv, sampler2D table, float part) {
    return mix(color, recolour_cell(table, color.rg), part);
}

void main() {
    vec4 color = texture(u_src, v_uv);
    color.rgb = clamp(bright(color, v_uv, f0_amount).rgb, 0.0, 1.0);
    color.rgb = clamp(recolour(color, v_uv, f1_table, f1_part).rgb, 0.0, 1.0);
    color.rgb = clamp(bright(color, v_uv, f2_amount).rgb, 0.0, 1.0);
    o_color = color;
}
