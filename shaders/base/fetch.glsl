// The source's picture, and black bars around it.
vec4 fetch(sampler2D src, vec2 uv) {
    vec2 inside = step(0.0, uv) * step(uv, vec2(1.0));
    return vec4(texture(src, uv).rgb * inside.x * inside.y, 1.0);
}
