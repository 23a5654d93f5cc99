// 1 within the picture, 0 in the bars around it.
float within(vec2 uv) {
    vec2 inside = step(0.0, uv) * step(uv, vec2(1.0));
    return inside.x * inside.y;
}

// The source's picture, and black bars around it.
vec4 fetch(sampler2D src, vec2 uv) {
    return vec4(texture(src, uv).rgb * within(uv), 1.0);
}
