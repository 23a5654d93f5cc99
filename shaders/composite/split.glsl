// kind: composite
// category: overlay
// label: Before and after / 前后对比
// param: at number 0 1 0.5 / Line / 分割线
// param: angle number -90 90 0 / Angle / 角度
// param: line number 0 8 2 / Line width / 线宽
// The picture as it came into the chain on the left of a line, and as it is now on its right. The line's width is in
// pixels of a picture whose shorter side has 720.
vec4 split(vec4 color, vec2 uv, sampler2D other, vec2 size, float at, float angle, float line) {
    float a = radians(angle);
    vec2 p = (uv - vec2(at, 0.5)) * size;
    float right = dot(p, vec2(cos(a), sin(a)));
    float half_width = 0.5 * line * min(size.x, size.y) / 720.0;
    vec3 shown = mix(texture(other, uv).rgb, color.rgb, clamp(right + 0.5, 0.0, 1.0));
    float on_line = clamp(half_width + 0.5 - abs(right), 0.0, 1.0) * step(1e-3, line);
    return vec4(mix(shown, vec3(1.0), on_line), color.a);
}
