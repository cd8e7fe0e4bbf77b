fn cost(theta: f64) -> f64 {
    (theta - 3.0).powi(2)
}

fn gradient(theta: f64) -> f64 {
    2.0 * (theta - 3.0)
}

fn main() {
    let lr = 0.1;
    let mut theta = 0.0;

    for k in 0..50 {
        println!(
            "iter {k:02} | theta = {theta:.6} | cost = {:.6}",
            cost(theta)
        );
        theta -= lr * gradient(theta);
    }
}
