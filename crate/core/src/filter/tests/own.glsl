uniform vec2 u_texel;

#line 3 1
vec4 mine_a(sampler2D src, vec2 uv, vec2 texel) {

    return texture(src, uv);
}
#line 1 0

void main() {
    vec4 color = clamp(mine_a(u_src, v_uv, u_texel), 0.0, 1.0);
    o_color = color;
}
