// kind: point
// category: effect
// label: Crosshatch / 交叉线
// param: spacing number 4 30 9 / Spacing / 间距
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Ink lines in four directions, one more the darker a place is, broader as it nears the next direction.
float crosshatch_line(vec2 p, vec2 along, float y, float upto, float soft) {
    float near = abs(fract(dot(p, along)) - 0.5) * 2.0;
    float width = clamp((upto - y) * 2.0, 0.0, 0.45);
    return width <= 0.0 ? 0.0 : (1.0 - smoothstep(width - soft, width + soft, near)) * smoothstep(0.0, 0.06, upto - y);
}

vec4 crosshatch(vec4 color, vec2 uv, vec2 size, float spacing, float amount) {
    float pitch = max(spacing * min(size.x, size.y) / 720.0, 3.0);
    vec2 p = uv * size / pitch;
    float soft = clamp(1.0 / pitch, 0.03, 0.3);
    float y = dot(color.rgb, vec3(0.2126, 0.7152, 0.0722));
    float ink = crosshatch_line(p, vec2(0.7071, 0.7071), y, 0.85, soft);
    ink = max(ink, crosshatch_line(p, vec2(0.7071, -0.7071), y, 0.6, soft));
    ink = max(ink, crosshatch_line(p + 0.25, vec2(0.9659, 0.2588), y, 0.4, soft));
    ink = max(ink, crosshatch_line(p + 0.25, vec2(-0.2588, 0.9659), y, 0.22, soft));
    vec3 drawn = mix(vec3(0.98, 0.97, 0.94), vec3(0.10, 0.10, 0.14), ink);
    return vec4(mix(color.rgb, drawn, amount), color.a);
}
