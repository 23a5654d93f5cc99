// kind: area
// category: effect
// label: Median / 中值降噪
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Of each primary, the fifth of the nine values around: specks go, edges stay. Least and greatest are taken off in turn
// (the exchanges of Paeth, "Median Finding on a 3x3 Grid", Graphics Gems, 1990).
void median_order(inout vec3 a, inout vec3 b) {
    vec3 least = min(a, b);
    b = max(a, b);
    a = least;
}
void median_ends(inout vec3 a, inout vec3 b, inout vec3 c) {
    median_order(a, c);
    median_order(a, b);
    median_order(b, c);
}
vec4 median(sampler2D src, vec2 uv, vec2 texel, float amount) {
    vec4 color = texture(src, uv);
    vec3 v0 = texture(src, uv + vec2(-texel.x, -texel.y)).rgb;
    vec3 v1 = texture(src, uv + vec2(0.0, -texel.y)).rgb;
    vec3 v2 = texture(src, uv + vec2(texel.x, -texel.y)).rgb;
    vec3 v3 = texture(src, uv + vec2(-texel.x, 0.0)).rgb;
    vec3 v4 = color.rgb;
    vec3 v5 = texture(src, uv + vec2(texel.x, 0.0)).rgb;
    vec3 v6 = texture(src, uv + vec2(-texel.x, texel.y)).rgb;
    vec3 v7 = texture(src, uv + vec2(0.0, texel.y)).rgb;
    vec3 v8 = texture(src, uv + vec2(texel.x, texel.y)).rgb;
    // Six values: the least of them comes to v0, the greatest to v5; neither can be the median of nine.
    median_order(v0, v3);
    median_order(v1, v4);
    median_order(v2, v5);
    median_ends(v0, v1, v2);
    median_ends(v3, v4, v5);
    // Of v1 v2 v3 v4 and the next one, the ends again; then of four, then of three.
    median_order(v1, v4);
    median_order(v2, v6);
    median_order(v3, v6);
    median_order(v1, v2);
    median_order(v3, v4);
    median_order(v1, v3);
    median_order(v2, v4);
    median_order(v4, v6);
    median_order(v2, v7);
    median_order(v3, v7);
    median_order(v2, v3);
    median_order(v4, v7);
    median_ends(v3, v4, v8);
    return vec4(mix(color.rgb, v4, amount), color.a);
}
