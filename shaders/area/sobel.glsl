// kind: area
// category: effect
// label: Edges / 边缘
// param: strength number 0 3 1 / Strength / 强度
// param: width number 0.5 3 1 / Width / 粗细
// Where brightness changes, and how fast: the length of Sobel's two derivatives. The width is that of a step in pixels
// of a picture whose shorter side has 720, at least one pixel.
float sobel_light(sampler2D src, vec2 uv) {
    return dot(texture(src, uv).rgb, vec3(0.2126, 0.7152, 0.0722));
}
vec4 sobel(sampler2D src, vec2 uv, vec2 texel, float strength, float width) {
    vec2 d = texel * max(width / (720.0 * max(texel.x, texel.y)), 1.0);
    float nw = sobel_light(src, uv - d);
    float ne = sobel_light(src, uv + vec2(d.x, -d.y));
    float sw = sobel_light(src, uv + vec2(-d.x, d.y));
    float se = sobel_light(src, uv + d);
    float west_east = sobel_light(src, uv + vec2(d.x, 0.0)) - sobel_light(src, uv - vec2(d.x, 0.0));
    float north_south = sobel_light(src, uv + vec2(0.0, d.y)) - sobel_light(src, uv - vec2(0.0, d.y));
    float across = ne + se - nw - sw + 2.0 * west_east;
    float down = sw + se - nw - ne + 2.0 * north_south;
    return vec4(vec3(strength * length(vec2(across, down))), 1.0);
}
