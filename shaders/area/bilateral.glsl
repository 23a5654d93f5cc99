// kind: area
// category: effect
// label: Bilateral smoothing / 双边磨皮
// param: radius number 0 16 7 / Radius / 半径
// param: tolerance number 0.02 0.5 0.12 / Tolerance / 容差
// identity: radius=0
// A blur that stops at edges (Tomasi and Manduchi, 1998): what differs from the middle by more than the tolerance
// hardly counts. Its 28 taps lie on a sunflower spiral, one draw instead of a pair that smears along the axes.
vec4 bilateral(sampler2D src, vec2 uv, vec2 texel, float radius, float tolerance) {
    vec4 middle = texture(src, uv);
    vec3 sum = middle.rgb;
    float weights = 1.0;
    vec2 unit = texel * radius / (720.0 * max(texel.x, texel.y));
    vec2 along = vec2(1.0, 0.0);
    for (int i = 1; i <= 28; i++) {
        along = mat2(-0.737369, 0.675490, -0.675490, -0.737369) * along;
        float share = float(i) / 28.0;
        vec3 tap = texture(src, uv + along * sqrt(share) * unit).rgb;
        vec3 off = (tap - middle.rgb) / tolerance;
        float weight = exp(-1.5 * share - 0.5 * dot(off, off));
        sum += weight * tap;
        weights += weight;
    }
    return vec4(sum / weights, middle.a);
}
